//! What a picture of the editor shows, found by the labels in its accessibility tree.

use std::f32::consts::TAU;

use busbar_engine::Session;
use busbar_engine::session::Source;
use egui::accesskit::{self, TreeUpdate};

use super::*;
use crate::demo::stems::{RATE, Stem};
use crate::editor::view::theme;

const SIZE: [u32; 2] = [960, 600];

/// A tone on buses 1 and 2, the second far too loud, and silence on the others.
fn tones() -> Heard {
    let tone = |level: f32| {
        (0..RATE / 10).map(move |i| level * (TAU * (i % 48) as f32 / 48.0).sin()).collect()
    };
    Heard::Stems(Box::new([0.5, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0].map(|level| {
        let side: Vec<f32> = tone(level);
        Stem { name: "tone", sides: [side.clone(), side] }
    })))
}

/// A picture, and where everything in it is.
struct Seen {
    canvas: Canvas,
    tree: TreeUpdate,
    scale: u32,
}

fn seen(session: &Session, heard: Heard, seconds: f64, scale: u32) -> Seen {
    let mut stage = Stage::new(session, heard).unwrap();
    stage.egui.enable_accesskit();
    stage.play(seconds);
    let canvas = stage.look(SIZE, scale).unwrap();
    let mut output = stage.frame(SIZE, scale);
    output.textures_delta.clear();
    let tree = output.platform_output.accesskit_update.expect("it is asked for");
    Seen { canvas, tree, scale }
}

impl Stage {
    /// What is in the accessibility tree.
    pub(crate) fn labels(&mut self) -> Vec<String> {
        self.egui.enable_accesskit();
        let mut output = self.frame(SIZE, 1);
        output.textures_delta.clear();
        let tree = output.platform_output.accesskit_update.expect("it is asked for");
        let label = |node: &accesskit::Node| node.label().or_else(|| node.value()).map(Into::into);
        tree.nodes.iter().filter_map(|(_, node)| label(node)).collect()
    }
}

impl Seen {
    fn find(&self, label: &str) -> Option<accesskit::Rect> {
        let mut nodes = self.tree.nodes.iter().map(|(_, node)| node);
        nodes.find(|node| node.label().or_else(|| node.value()) == Some(label))?.bounds()
    }

    fn place(&self, label: &str) -> accesskit::Rect {
        self.find(label).unwrap_or_else(|| panic!("there is no “{label}”"))
    }

    /// The share of a place's pixels that have just that colour.
    fn share(&self, place: accesskit::Rect, colour: egui::Color32) -> f64 {
        let pixels = |points: f64| (points * f64::from(self.scale)).round() as usize;
        let columns = pixels(place.x0)..pixels(place.x1);
        let rows = pixels(place.y0)..pixels(place.y1);
        let width = self.canvas.width();
        let all = rows.flat_map(|y| &self.canvas.pixels()[y * width..][columns.clone()]);
        let (found, count) = all.fold((0, 0), |(found, count), pixel| {
            (found + u32::from(*pixel == colour.to_array()), count + 1)
        });
        f64::from(found) / f64::from(count)
    }
}

#[test]
fn the_editor_is_in_the_picture_at_every_scale() {
    for scale in [1, 2] {
        let seen = seen(&Session::default(), tones(), 1.0, scale);
        let size = SIZE.map(|points| (points * scale) as usize);
        assert_eq!([seen.canvas.width(), seen.canvas.height()], size);
        assert!(seen.canvas.pixels().iter().all(|pixel| pixel[3] == 255), "nothing shines through");
        // What was played is measured, what was measured is drawn, and where it says it is.
        seen.place("Bus 1 peak: −6.0");
        seen.place("Bus 2 peak: over +6.0");
        let [one, two, three] =
            ["Bus 1 meter", "Bus 2 meter", "Bus 3 meter"].map(|label| seen.place(label));
        assert!(seen.share(one, theme::GOOD) > 0.2, "bus 1 is green");
        assert_eq!(seen.share(one, theme::OVER), 0.0);
        assert!(seen.share(two, theme::OVER) > 0.02, "bus 2 is red above");
        assert_eq!(seen.share(three, theme::GOOD), 0.0, "on bus 3 there is nothing");
        // The frame around the strips, and what a strip is made of.
        let strip = seen.place("Bus 1 Gain");
        let edge = accesskit::Rect { x0: 1.0, x1: 7.0, y0: 60.0, y1: 550.0 };
        assert_eq!(seen.share(edge, theme::BACKGROUND), 1.0);
        let beside = accesskit::Rect { x0: strip.x0 - 4.0, x1: strip.x0, ..strip };
        assert!(seen.share(beside, theme::PANEL) > 0.9);
    }
}

#[test]
fn before_anything_is_played_nothing_is_measured() {
    let seen = seen(&Session::default(), tones(), 0.0, 1);
    seen.place("Bus 1 peak: −−.−");
    assert_eq!(seen.share(seen.place("Bus 1 meter"), theme::GOOD), 0.0);
}

#[test]
fn the_session_is_what_is_seen() {
    let mut session = Session::default();
    session.bypass = true;
    session.strips[0].gain = -20.0;
    let seen = seen(&session, tones(), 0.5, 1);
    seen.place("Bus 1 peak: −26.0");
    let banner = "BYPASS IS ON: the main output is the main input, not the programme";
    assert!(seen.share(seen.place(banner), theme::ALERT) > 0.5);
}

#[test]
fn the_same_moment_has_the_same_picture() {
    let picture = |seconds| {
        let mut stage = Stage::new(&Session::default(), tones()).unwrap();
        stage.play(seconds);
        stage.look(SIZE, 1).unwrap().pixels().to_vec()
    };
    assert!(picture(0.5) == picture(0.5));
    assert!(picture(0.5) != picture(0.0), "and another has others");
}

#[test]
fn files_that_cannot_be_played_are_named() {
    let mut session = Session::default();
    session.decks[2] = Source { path: "/nowhere/at-all.wav".into(), looping: true };
    let mut stage = Stage::new(&session, Heard::Decks).unwrap();
    let complaints = stage.complaints();
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].starts_with("deck 3: ") && complaints[0].contains("at-all.wav"));
    stage.look(SIZE, 1).unwrap();
}

#[test]
fn a_png_is_what_is_on_the_canvas() {
    let mut stage = Stage::new(&Session::default(), tones()).unwrap();
    let canvas = stage.look(SIZE, 1).unwrap();
    let bytes = png_of(&canvas).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height, info.color_type), (960, 600, png::ColorType::Rgb));
    let (read, _) = pixels.as_chunks::<3>();
    assert!(read.iter().zip(canvas.pixels()).all(|(read, drawn)| *read == drawn[..3]));
}
