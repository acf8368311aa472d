//! egui's mouse cursors as baseview's.

use baseview::MouseCursor as To;
use egui::CursorIcon as From;

/// The nearest one that there is.
pub fn cursor(icon: From) -> To {
    match icon {
        From::Default => To::Default,
        From::None => To::Hidden,
        From::ContextMenu | From::PointingHand | From::Grab => To::Hand,
        From::Grabbing => To::HandGrabbing,
        From::Help => To::Help,
        From::Progress => To::PtrWorking,
        From::Wait => To::Working,
        From::Cell => To::Cell,
        From::Crosshair => To::Crosshair,
        From::Text => To::Text,
        From::VerticalText => To::VerticalText,
        From::Alias => To::Alias,
        From::Copy => To::Copy,
        From::Move => To::Move,
        From::NoDrop | From::NotAllowed => To::NotAllowed,
        From::AllScroll => To::AllScroll,
        From::ResizeHorizontal => To::EwResize,
        From::ResizeNeSw => To::NeswResize,
        From::ResizeNwSe => To::NwseResize,
        From::ResizeVertical => To::NsResize,
        From::ResizeEast => To::EResize,
        From::ResizeSouthEast => To::SeResize,
        From::ResizeSouth => To::SResize,
        From::ResizeSouthWest => To::SwResize,
        From::ResizeWest => To::WResize,
        From::ResizeNorthWest => To::NwResize,
        From::ResizeNorth => To::NResize,
        From::ResizeNorthEast => To::NeResize,
        From::ResizeColumn => To::ColResize,
        From::ResizeRow => To::RowResize,
        From::ZoomIn => To::ZoomIn,
        From::ZoomOut => To::ZoomOut,
    }
}
