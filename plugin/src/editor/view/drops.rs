//! Files over the window, and files dropped on it.

use busbar_engine::{SLOTS, Slot};
use egui::{Align2, Color32, LayerId, Order, Pos2, Rect, Stroke, StrokeKind, Ui};

use super::decks::{Cells, name_of};
use super::{Look, theme};
use crate::editor::desk::places;

/// Loads what has been dropped, and shows where it would go while it is dragged. `cells` are those
/// of the slots, where they are to be seen.
pub fn obey(ui: &Ui, all: Rect, cells: Option<&Cells>, look: &mut Look<'_>) {
    let pointer = ui.input(|input| input.pointer.latest_pos());
    let at = cells.zip(pointer).and_then(|(cells, pointer)| slot_at(cells, pointer));
    let dropped: Vec<_> = ui
        .input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
    if !dropped.is_empty() {
        look.chooser.close();
        if let Some(words) = look.desk.drop_files(&dropped, at) {
            look.model.notify(words);
        }
    }
    let hovering = ui.input(|input| input.raw.hovered_files.len());
    if hovering > 0 {
        show(ui, all, cells, at, hovering, look);
    }
}

fn slot_at(cells: &Cells, pointer: Pos2) -> Option<Slot> {
    Slot::all().zip(cells).find(|(_, cell)| cell.contains(pointer)).map(|(slot, _)| slot)
}

fn show(
    ui: &Ui,
    all: Rect,
    cells: Option<&Cells>,
    at: Option<Slot>,
    count: usize,
    look: &Look<'_>,
) {
    let targets = places(count, at, |slot| look.model.deck(slot).is_empty());
    let painter =
        ui.ctx().layer_painter(LayerId::new(Order::Foreground, ui.scope_id().with("drops")));
    // All but the targets step back.
    let veil = Color32::from_black_alpha(150);
    let mut below = all;
    if let Some(cells) = cells {
        let row = cells[0].union(cells[SLOTS - 1]);
        below.max.y = row.top() - 4.0;
        for (slot, cell) in Slot::all().zip(cells) {
            if targets.contains(&slot) {
                let colour = if Some(slot) == at { theme::TEXT } else { theme::MIX };
                painter.rect_stroke(*cell, 4, Stroke::new(2.0, colour), StrokeKind::Outside);
                painter.rect_filled(*cell, 4, theme::MIX.gamma_multiply(0.18));
            } else {
                painter.rect_filled(*cell, 4, veil);
            }
        }
    }
    painter.rect_filled(below, 0, veil);
    let text = words(count, &targets, look);
    let font = theme::words(24.0);
    let galley = painter.layout(text, font, theme::TEXT, all.width() - 80.0);
    let place = Align2::CENTER_CENTER.anchor_size(below.center(), galley.size());
    painter.rect_filled(place.expand(16.0), 8, theme::PANEL);
    painter.galley(place.min, galley, theme::TEXT);
}

fn words(count: usize, targets: &[Slot], look: &Look<'_>) -> String {
    let [first, rest @ ..] = targets else {
        return "No deck is empty: drop onto a deck to replace what is there".to_owned();
    };
    let (name, there) = (name_of(*first), look.model.deck(*first));
    let mut words = match there.is_empty() {
        true => format!("Drop to load into {name}"),
        false => format!("Drop to replace {} in {name}", there.name()),
    };
    match rest {
        [] => {}
        [one] => words += &format!(", and another into {}", name_of(*one)),
        _ => words += &format!(", and {} more into empty decks", rest.len()),
    }
    match count - targets.len() {
        0 => words,
        left => format!("{words}; there is no room for {left}"),
    }
}
