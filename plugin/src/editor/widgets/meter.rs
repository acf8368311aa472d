//! Peak, RMS and hold line of a stereo point, and its scale.

use busbar_dsp::Decibels;
use egui::{Align2, Color32, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2};

use crate::editor::model::Channel;
use crate::editor::view::theme;

/// Numbers on the scale.
pub const MARKS: [f32; 12] =
    [3.0, 0.0, -3.0, -6.0, -9.0, -12.0, -18.0, -24.0, -30.0, -40.0, -50.0, -60.0];

/// The scale's corners: a level, and its height. The top 65 % are the upper 23 dB.
const TOP: f32 = 3.0;
const KNEE: (f32, f32) = (-20.0, 0.35);
const LOWEST: f32 = -60.0;

/// Where the colours change: below, near full scale, above it.
const ZONES: [(f32, f32, Color32); 3] = [
    (f32::NEG_INFINITY, -9.0, theme::GOOD),
    (-9.0, 0.0, theme::NEAR),
    (0.0, f32::INFINITY, theme::OVER),
];

/// Width of the numbers.
const SCALE: f32 = 17.0;

/// A level's height on the scale, from 0 to 1.
pub fn height(level: Decibels) -> f32 {
    let (knee, at) = KNEE;
    let level = level.0.clamp(LOWEST, TOP);
    if level < knee {
        at * (level - LOWEST) / (knee - LOWEST)
    } else {
        at + (1.0 - at) * (level - knee) / (TOP - knee)
    }
}

/// Draws the meter: two bars, and the scale to their right.
pub fn meter(ui: &Ui, rect: Rect, label: &str, channels: &[Channel; 2]) -> Response {
    let response = ui.interact(rect, ui.scope_id().with(label), Sense::hover());
    response.widget_info(|| {
        let bar = channels.iter().map(|channel| channel.peak.bar().0);
        let mut info = WidgetInfo::labeled(Role::Meter, true, label);
        info.value = Some(f64::from(bar.fold(f32::NEG_INFINITY, f32::max)));
        info
    });
    let bars = Rect::from_min_max(rect.min, pos2(rect.right() - SCALE, rect.bottom()));
    let width = ((bars.width() - 2.0) / 2.0).floor();
    for (side, channel) in channels.iter().enumerate() {
        let left = bars.left() + side as f32 * (width + 2.0);
        bar(ui, Rect::from_x_y_ranges(left..=left + width, rect.y_range()), channel);
    }
    scale(ui, rect, bars);
    response
}

fn y_of(rect: Rect, level: Decibels) -> f32 {
    rect.bottom() - height(level) * rect.height()
}

fn bar(ui: &Ui, rect: Rect, channel: &Channel) {
    let painter = ui.painter();
    painter.rect_filled(rect, 1, theme::WELL);
    let peak = y_of(rect, channel.peak.bar());
    let rms = y_of(rect, channel.rms.level());
    for (from, to, colour) in ZONES {
        let zone = y_of(rect, Decibels(to))..=y_of(rect, Decibels(from));
        let fill = |top: f32, bottom: f32, colour: Color32| {
            let (top, bottom) = (top.max(*zone.start()), bottom.min(*zone.end()));
            if top < bottom {
                let part = Rect::from_x_y_ranges(rect.x_range(), top..=bottom);
                painter.rect_filled(part, 0, colour);
            }
        };
        // What is far below is dark, so that one sees where the scale would light up.
        fill(rect.top(), rect.bottom(), colour.lerp_to_gamma(theme::WELL, 0.93));
        fill(peak, rect.bottom(), colour.lerp_to_gamma(theme::WELL, 0.5));
        fill(rms, rect.bottom(), colour);
    }
    let hold = channel.peak.hold();
    if hold.0 > LOWEST {
        let colour =
            ZONES.iter().find(|(_, to, _)| hold.0 <= *to).map_or(theme::OVER, |zone| zone.2);
        let y = y_of(rect, hold).max(rect.top() + 1.0);
        let line = Rect::from_x_y_ranges(rect.x_range(), y - 1.0..=y + 1.0);
        painter.rect_filled(line, 0, colour);
    }
}

fn scale(ui: &Ui, rect: Rect, bars: Rect) {
    let painter = ui.painter();
    for mark in MARKS {
        let y = y_of(rect, Decibels(mark)).round();
        let at = pos2(rect.right(), y.clamp(rect.top() + 4.0, rect.bottom() - 4.0));
        let colour = if mark == 0.0 { theme::TEXT } else { theme::LABEL };
        let text = if mark > 0.0 { format!("+{mark:.0}") } else { format!("{:.0}", mark.abs()) };
        painter.text(at, Align2::RIGHT_CENTER, text, theme::digits(9.5), colour);
        let line = if mark == 0.0 { 140 } else { 90 };
        painter.hline(bars.x_range(), y + 0.5, (1.0, Color32::from_black_alpha(line)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_thirds_of_the_height_are_the_loud_end() {
        assert_eq!(height(Decibels(3.0)), 1.0);
        assert_eq!(height(Decibels(99.0)), 1.0);
        assert!((height(Decibels(-20.0)) - 0.35).abs() < 1e-6);
        assert!((height(Decibels(0.0)) - (0.35 + 0.65 * 20.0 / 23.0)).abs() < 1e-6);
        assert_eq!(height(Decibels(-60.0)), 0.0);
        assert_eq!(height(Decibels::SILENCE), 0.0);
        let heights: Vec<_> = (-60..=3).map(|level| height(Decibels(level as f32))).collect();
        assert!(heights.is_sorted_by(|low, high| low < high));
    }
}
