//! Small buttons with a drawn sign: the same on every system, whatever its fonts have.

use egui::{Color32, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui};
use egui::{WidgetInfo, pos2, vec2};

use super::focus_ring;
use crate::editor::view::theme;

/// What is drawn on a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A triangle.
    Play,
    /// A square.
    Stop,
    /// An arrow that comes back to where it began.
    Loop,
    /// A folder.
    Folder,
    /// A cross.
    Remove,
    /// An arrow that goes round.
    Again,
}

/// Draws the button. `on` is given where it is a switch.
pub fn icon(
    ui: &Ui,
    rect: Rect,
    [label, hint]: [&str; 2],
    sign: Sign,
    on: Option<bool>,
    lit: Color32,
) -> Response {
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::click());
    response.widget_info(|| match on {
        Some(on) => WidgetInfo::selected(Role::Button, true, on, label),
        None => WidgetInfo::labeled(Role::Button, true, label),
    });
    let painter = ui.painter();
    let lifted = response.hovered() || response.is_pointer_button_down_on();
    let fill = if lifted { theme::LIFTED } else { theme::RAISED };
    let (fill, edge, colour) = match on {
        Some(true) => (fill.lerp_to_gamma(lit, 0.22), lit, lit.lerp_to_gamma(Color32::WHITE, 0.35)),
        _ => (fill, theme::LINE, theme::TEXT),
    };
    painter.rect_filled(rect, theme::ROUND, fill);
    painter.rect_stroke(rect, theme::ROUND, Stroke::new(1.0, edge), StrokeKind::Inside);
    draw(painter, rect.center(), sign, colour);
    focus_ring(painter, &response, rect);
    response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(hint)
}

fn draw(painter: &Painter, at: Pos2, sign: Sign, colour: Color32) {
    let stroke = Stroke::new(1.6, colour);
    let place = |x: f32, y: f32| at + vec2(x, y);
    match sign {
        Sign::Play => {
            let corners = vec![place(-3.5, -5.0), place(5.0, 0.0), place(-3.5, 5.0)];
            painter.add(Shape::convex_polygon(corners, colour, Stroke::NONE));
        }
        Sign::Stop => {
            painter.rect_filled(Rect::from_center_size(at, vec2(8.5, 8.5)), 1, colour);
        }
        Sign::Remove => {
            painter.line_segment([place(-3.5, -3.5), place(3.5, 3.5)], stroke);
            painter.line_segment([place(-3.5, 3.5), place(3.5, -3.5)], stroke);
        }
        Sign::Folder => {
            let outline =
                [(-5.5, 4.5), (-5.5, -4.0), (-1.5, -4.0), (0.0, -2.2), (5.5, -2.2), (5.5, 4.5)];
            let outline = outline.map(|(x, y)| place(x, y)).to_vec();
            painter.add(Shape::closed_line(outline, stroke));
        }
        Sign::Loop => {
            let way = [
                (1.0, -3.5),
                (4.0, -3.5),
                (5.5, -2.0),
                (5.5, 2.0),
                (4.0, 3.5),
                (-4.0, 3.5),
                (-5.5, 2.0),
                (-5.5, -2.0),
                (-4.0, -3.5),
                (-2.5, -3.5),
            ];
            painter.add(Shape::line(way.map(|(x, y)| place(x, y)).to_vec(), stroke));
            head(painter, place(0.5, -3.5), vec2(-1.0, 0.0), colour);
        }
        Sign::Again => {
            let points = (0..=20).map(|i| {
                let angle = (-60.0 + 15.0 * i as f32).to_radians();
                place(4.5 * angle.cos(), 4.5 * angle.sin())
            });
            painter.add(Shape::line(points.collect(), stroke));
            head(painter, place(1.2, -4.4), vec2(1.0, 0.35), colour);
        }
    }
}

/// The head of an arrow.
fn head(painter: &Painter, at: Pos2, towards: egui::Vec2, colour: Color32) {
    let across = towards.rot90() * 3.0;
    let corners = vec![at + towards * 4.0, at + across, pos2(at.x, at.y) - across];
    painter.add(Shape::convex_polygon(corners, colour, Stroke::NONE));
}
