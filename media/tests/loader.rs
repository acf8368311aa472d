//! The loader: clips that play while they grow, one decode for everybody, order, cancelling.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use busbar_dsp::{Growth, SampleRate};
use busbar_media::loader::{Moment, Options};
use busbar_media::{Job, Loader, Outcome, Priority, Reason, Shortfall, Status};
use common::gate::{Gate, settle, until};
use common::{Pcm, STEREO, decode, ffmpeg, folder, reference, signal, tone_and_rest, wav};

const RATE: u32 = 48_000;

fn rate(hertz: f64) -> SampleRate {
    SampleRate::new(hertz).unwrap()
}

/// A WAV of two seconds.
fn song(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let samples = signal(&STEREO, 2 * RATE as usize, RATE);
    fs::write(&path, wav(Pcm::S16, 2, RATE, &samples).0).unwrap();
    path
}

/// A loader with one worker that goes through a gate.
fn gated(gate: &Gate) -> Loader {
    Loader::start(Options { workers: 1, watch: Some(gate.watch()), ..Options::default() })
}

fn load(loader: &Loader, path: &Path, priority: Priority) -> Job {
    loader.load(path, rate(RATE.into()), priority)
}

/// What is in a clip.
fn samples(job: &Job) -> [Vec<f32>; 2] {
    let clip = job.clip().expect("a clip");
    let frames = clip.ready() as usize;
    let mut sides = [vec![0.0; frames + 1], vec![0.0; frames + 1]];
    let [left, right] = &mut sides;
    assert_eq!(clip.read(0, left, right), frames);
    sides.map(|mut side| {
        side.truncate(frames);
        side
    })
}

#[test]
fn a_clip_plays_before_it_is_complete() {
    let path = song(&folder("loader-growing"), "a.wav");
    let gate = Gate::closed(&path, Moment::Grown);
    let loader = gated(&gate);
    let job = load(&loader, &path, Priority::Audible);
    gate.arrival();
    let clip = job.clip().unwrap();
    let first = clip.ready();
    assert!(first > 0 && first < 2 * u64::from(RATE) && clip.growth() == Growth::Growing);
    let Status::Decoding(headway) = job.status() else { panic!("{:?}", job.status()) };
    assert!(headway.bytes > 0 && headway.bytes <= headway.of_bytes);
    assert_eq!(headway.of_bytes, fs::metadata(&path).unwrap().len());
    assert_eq!(headway.of_seconds, Some(2.0));
    assert_eq!(headway.seconds, first as f64 / f64::from(RATE));
    assert!(headway.part() > 0.0 && headway.part() < 1.0);
    let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
    assert_eq!(clip.read(0, &mut left, &mut right), 64);
    gate.open();
    assert_eq!(settle(&job), Status::Complete);
    assert_eq!(clip.growth(), Growth::Complete);
    let expected = decode(&path).unwrap();
    assert!(samples(&job).as_slice() == expected.channels);
    assert_eq!(left[..], expected.channels[0][..64]);
    assert_eq!(job.format().unwrap(), expected.format);
}

#[test]
fn mono_is_on_both_sides_and_surround_is_mixed_down() {
    let folder = folder("loader-channels");
    let loader = Loader::start(Options::default());
    let mono = reference(&folder, &STEREO[..1], 10_000, RATE);
    let job = load(&loader, &mono, Priority::Cued);
    assert_eq!(settle(&job), Status::Complete);
    let [left, right] = samples(&job);
    assert!(left == decode(&mono).unwrap().channels[0] && right == left);
    let surround = folder.join("surround.flac");
    let source = reference(&folder, &common::SURROUND, RATE as usize, RATE);
    ffmpeg(&["-i", source.to_str().unwrap()], &surround);
    let job = load(&loader, &surround, Priority::Cued);
    assert_eq!(settle(&job), Status::Complete);
    let [left, right] = samples(&job);
    // Left as it is, centre 3 dB lower on both sides, LFE nowhere.
    let level = |side: &[f32], channel: usize| {
        let tone = common::SURROUND[channel];
        tone_and_rest(side, tone.hertz, RATE).0 - tone.level
    };
    assert!(level(&left, 0).abs() < 0.05 && level(&right, 1).abs() < 0.05);
    assert!((level(&left, 2) + 3.01).abs() < 0.05 && (level(&right, 2) + 3.01).abs() < 0.05);
    assert!((level(&left, 4) + 3.01).abs() < 0.05 && (level(&right, 5) + 3.01).abs() < 0.05);
    assert!(level(&left, 3) < -60.0 && level(&right, 0) < -60.0);
}

#[test]
fn another_rate_is_the_same_sound_of_the_same_length() {
    let folder = folder("loader-rates");
    let loader = Loader::start(Options::default());
    for (from, to) in [(44_100, 48_000.0), (48_000, 44_100.0), (96_000, 48_000.0)] {
        let frames = 50_001;
        let source = reference(&folder, &STEREO, frames, from);
        for name in ["a.flac", "a.m4a", "a.wav"] {
            let path = folder.join(format!("{from}-{name}"));
            ffmpeg(&["-i", source.to_str().unwrap()], &path);
            let job = loader.load(&path, rate(to), Priority::Cued);
            assert_eq!(settle(&job), Status::Complete, "{}", path.display());
            let [left, right] = samples(&job);
            let own = decode(&path).unwrap();
            let ideal = own.frames() as f64 * to / f64::from(from);
            assert!((left.len() as f64 - ideal).abs() <= 1.0, "{name}");
            for (channel, side) in [left, right].iter().enumerate() {
                let hertz = STEREO[channel].hertz;
                let middle = |side: &[f32], rate| {
                    tone_and_rest(&side[side.len() / 8..side.len() / 8 * 7], hertz, rate)
                };
                let (level, rest) = middle(side, to as u32);
                let (own_level, own_rest) = middle(&own.channels[channel], from);
                assert!((level - own_level).abs() < 0.01, "{name}: {level}");
                // What the codec adds is in both.
                assert!(rest < own_rest.max(-100.0) + 1.0, "{name}: {rest}");
            }
        }
    }
}

#[test]
fn a_file_is_decoded_once_whoever_asks() {
    let folder = folder("loader-once");
    let path = song(&folder, "a.wav");
    let gate = Gate::closed(&path, Moment::Grown);
    let loader = gated(&gate);
    let first = load(&loader, &path, Priority::Cued);
    gate.arrival();
    // The only worker is held in the middle of it; the moment it goes on it looks the others up.
    let second = load(&loader, &path, Priority::Cued);
    let other_rate = loader.load(&path, rate(44_100.0), Priority::Background);
    assert!(second.clip().is_none());
    gate.let_one_pass();
    gate.arrival();
    assert!(std::sync::Arc::ptr_eq(&first.clip().unwrap(), &second.clip().unwrap()));
    assert!(matches!(second.status(), Status::Decoding(_)));
    gate.open();
    for job in [&first, &second, &other_rate] {
        assert_eq!(settle(job), Status::Complete);
    }
    assert_eq!(gate.count(&path, Moment::Open), 2);
    let third = load(&loader, &path, Priority::Cued);
    assert_eq!(settle(&third), Status::Complete);
    assert_eq!(gate.count(&path, Moment::Open), 2);
    // As long as somebody plays it, and no longer.
    let played = first.clip().unwrap();
    drop((first, second, third));
    let fourth = load(&loader, &path, Priority::Cued);
    assert_eq!(settle(&fourth), Status::Complete);
    assert!(std::sync::Arc::ptr_eq(&played, &fourth.clip().unwrap()));
    drop((fourth, played));
    assert_eq!(settle(&load(&loader, &path, Priority::Cued)), Status::Complete);
    assert_eq!(gate.count(&path, Moment::Open), 3);
}

#[test]
fn those_who_wait_together_get_the_same_clip_at_once() {
    let path = song(&folder("loader-together"), "a.wav");
    let gate = Gate::closed(&path, Moment::LookUp);
    let loader = gated(&gate);
    let first = load(&loader, &path, Priority::Cued);
    gate.arrival();
    let others =
        [Priority::Background, Priority::Cued].map(|priority| load(&loader, &path, priority));
    // Looking the others up comes before the decode, less urgent as they are.
    gate.move_to(&path, Moment::Open);
    gate.arrival();
    for other in &others {
        assert!(std::sync::Arc::ptr_eq(&first.clip().unwrap(), &other.clip().unwrap()));
    }
    gate.open();
    others.iter().for_each(|job| assert_eq!(settle(job), Status::Complete));
    assert_eq!(gate.count(&path, Moment::Open), 1);
}

#[test]
fn a_file_that_changed_is_another_file() {
    let folder = folder("loader-changed");
    let path = song(&folder, "a.wav");
    let loader = Loader::start(Options::default());
    let before = load(&loader, &path, Priority::Cued);
    assert_eq!(settle(&before), Status::Complete);
    fs::write(&path, wav(Pcm::S16, 2, RATE, &[0.5; 2_000]).0).unwrap();
    let after = load(&loader, &path, Priority::Cued);
    assert_eq!(settle(&after), Status::Complete);
    assert_eq!(after.clip().unwrap().ready(), 1_000);
    assert_eq!(before.clip().unwrap().ready(), 2 * u64::from(RATE));
    // The old one goes, the new one stays known.
    drop(before);
    let again = load(&loader, &path, Priority::Cued);
    assert_eq!(settle(&again), Status::Complete);
    assert!(std::sync::Arc::ptr_eq(&again.clip().unwrap(), &after.clip().unwrap()));
}

#[test]
fn the_more_audible_goes_first_even_in_the_middle_of_another() {
    let folder = folder("loader-order");
    let names = ["bottom", "cued", "first", "second", "raised"];
    let [bottom, cued, first, second, raised] =
        names.map(|name| song(&folder, &format!("{name}.wav")));
    let gate = Gate::closed(&bottom, Moment::Grown);
    let loader = gated(&gate);
    let mut jobs = vec![load(&loader, &bottom, Priority::Background)];
    gate.arrival();
    jobs.push(load(&loader, &cued, Priority::Cued));
    jobs.push(load(&loader, &first, Priority::Audible));
    jobs.push(load(&loader, &second, Priority::Audible));
    let late = load(&loader, &raised, Priority::Background);
    late.raise(Priority::Audible);
    jobs.push(late);
    gate.open();
    jobs.iter().for_each(|job| assert_eq!(settle(job), Status::Complete));
    let opened = gate.order(Moment::Open);
    assert_eq!(opened, [&bottom, &first, &second, &raised, &cued].map(PathBuf::as_path));
    // It was at its first block, and the rest came when all the others were done.
    let grown = gate.order(Moment::Grown);
    let at = |path: &Path| grown.iter().rposition(|found| found == path).unwrap();
    assert!(grown[0] == bottom && grown[1] == first);
    assert!([&first, &second, &raised, &cued].iter().all(|path| at(path) < at(&bottom)));
    assert!(at(&first) < at(&second) && at(&second) < at(&raised) && at(&raised) < at(&cued));
}

#[test]
fn cancelling_frees_its_caller_at_once_and_the_worker_soon() {
    let folder = folder("loader-cancel");
    let (path, next) = (song(&folder, "a.wav"), song(&folder, "b.wav"));
    let gate = Gate::closed(&path, Moment::Grown);
    let loader = gated(&gate);
    let job = load(&loader, &path, Priority::Audible);
    let waiting = load(&loader, &next, Priority::Cued);
    let after = load(&loader, &next, Priority::Cued);
    gate.arrival();
    let clip = job.clip().unwrap();
    // The worker is held, so whatever this waited for would never come.
    job.cancel();
    waiting.cancel();
    for job in [&job, &waiting] {
        let Status::Failed(error) = job.status() else { panic!("{:?}", job.status()) };
        assert_eq!(error.reason, Reason::Cancelled);
        assert!(job.clip().is_none());
    }
    gate.open();
    assert_eq!(settle(&after), Status::Complete);
    assert_eq!(gate.count(&path, Moment::Grown), 1);
    assert_eq!((clip.growth(), gate.count(&next, Moment::Open)), (Growth::CutOff, 1));
    // What is complete stays so.
    after.cancel();
    assert_eq!(after.status(), Status::Complete);
}

#[test]
fn a_decode_goes_on_for_others_and_for_whoever_plays() {
    let folder = folder("loader-interest");
    let path = song(&folder, "a.wav");
    for (drops_second, plays) in [(false, false), (true, true), (true, false)] {
        let gate = Gate::closed(&path, Moment::Grown);
        let loader = gated(&gate);
        let first = load(&loader, &path, Priority::Cued);
        gate.arrival();
        let second = load(&loader, &path, Priority::Cued);
        gate.let_one_pass();
        gate.arrival();
        let clip = first.clip().unwrap();
        let second = (!drops_second).then_some(second);
        let played = plays.then_some(clip.clone());
        let weak = std::sync::Arc::downgrade(&clip);
        if plays {
            // Its job goes, its player stays; then another's cancel must not be heard.
            let third = load(&loader, &path, Priority::Cued);
            gate.let_one_pass();
            gate.arrival();
            drop((first, clip));
            third.cancel();
        } else {
            drop(clip);
            first.cancel();
        }
        gate.open();
        match (second, played) {
            (Some(second), _) => assert_eq!(settle(&second), Status::Complete),
            (None, Some(clip)) => until(|| clip.growth() == Growth::Complete),
            (None, None) => until(|| weak.strong_count() == 0),
        }
    }
}

#[test]
fn dropping_the_last_job_of_what_nobody_plays_ends_it() {
    let folder = folder("loader-dropped");
    let (path, next) = (song(&folder, "a.wav"), song(&folder, "b.wav"));
    let gate = Gate::closed(&path, Moment::Grown);
    let loader = gated(&gate);
    let job = load(&loader, &path, Priority::Audible);
    gate.arrival();
    drop(job);
    let after = load(&loader, &next, Priority::Background);
    gate.open();
    assert_eq!(settle(&after), Status::Complete);
    assert_eq!(gate.count(&path, Moment::Grown), 1);
}

#[test]
fn a_player_that_goes_last_ends_it_too() {
    let folder = folder("loader-player");
    let (path, next) = (song(&folder, "a.wav"), song(&folder, "b.wav"));
    let gate = Gate::closed(&path, Moment::Grown);
    let loader = gated(&gate);
    let job = load(&loader, &path, Priority::Audible);
    gate.arrival();
    let clip = job.clip().unwrap();
    drop(job);
    gate.let_one_pass();
    gate.arrival();
    drop(clip);
    let after = load(&loader, &next, Priority::Background);
    gate.open();
    assert_eq!(settle(&after), Status::Complete);
    assert!(gate.count(&path, Moment::Grown) < 20, "{}", gate.count(&path, Moment::Grown));
}

#[test]
fn a_full_queue_says_so_in_the_job() {
    let folder = folder("loader-full");
    let (path, other) = (song(&folder, "a.wav"), song(&folder, "b.wav"));
    let gate = Gate::closed(&path, Moment::Grown);
    let watch = Some(gate.watch());
    let loader = Loader::start(Options { workers: 1, waiting: 2, watch, ..Options::default() });
    let first = load(&loader, &path, Priority::Cued);
    gate.arrival();
    let [second, third, fourth] = [(); 3].map(|()| load(&loader, &other, Priority::Cued));
    let Status::Failed(error) = fourth.status() else { panic!("{:?}", fourth.status()) };
    assert_eq!((error.reason, &error.path), (Reason::Busy, &other));
    gate.open();
    for job in [first, second, third] {
        assert_eq!(settle(&job), Status::Complete);
    }
}

#[test]
fn what_is_too_long_is_cut_and_says_so() {
    let folder = folder("loader-long");
    let path = song(&folder, "a.wav");
    for (seconds, ends) in [(1, false), (2, true)] {
        let loader = Loader::start(Options { clip_seconds: seconds, ..Options::default() });
        let job = load(&loader, &path, Priority::Cued);
        let expected =
            if ends { Status::Complete } else { Status::Partial(Shortfall::TooLong { seconds }) };
        assert_eq!(settle(&job), expected);
        assert_eq!(job.clip().unwrap().ready(), u64::from(seconds * RATE));
        assert_eq!(job.clip().unwrap().growth() == Growth::Complete, ends);
    }
    let minutes = Outcome::Partial(Shortfall::TooLong { seconds: 1_800 });
    let Outcome::Partial(why) = minutes else { unreachable!() };
    assert_eq!(why.to_string(), "only the first 30 minutes fit into memory");
}

#[test]
fn a_worker_that_the_kernel_holds_is_replaced_and_nobody_waits_for_it() {
    let folder = folder("loader-stuck");
    let (dead, path) = (song(&folder, "dead.wav"), song(&folder, "a.wav"));
    let gate = Gate::closed(&dead, Moment::Open);
    // Without patience whoever is in a step counts as stuck.
    let options = Options { workers: 1, watch: Some(gate.watch()), ..Options::default() };
    let loader = Loader::start(Options { patience: Duration::ZERO, ..options });
    let stuck = load(&loader, &dead, Priority::Audible);
    gate.arrival();
    let job = load(&loader, &path, Priority::Background);
    assert_eq!(settle(&job), Status::Complete);
    let before = Loader::left_behind();
    drop(loader);
    assert!(Loader::left_behind() > before);
    let Status::Failed(error) = stuck.status() else { panic!("{:?}", stuck.status()) };
    assert_eq!(error.reason, Reason::Cancelled);
    gate.open();
    // Back from the kernel it finds itself cancelled, and clears its own things away.
    let weak = std::sync::Arc::downgrade(&stuck.clip().unwrap());
    drop(stuck);
    until(|| weak.strong_count() == 0);
}

#[test]
fn one_that_comes_back_leaves_its_work_to_the_others() {
    let path = song(&folder("loader-late"), "a.wav");
    let gate = Gate::closed(&path, Moment::Grown);
    let options = Options { workers: 1, watch: Some(gate.watch()), ..Options::default() };
    let loader = Loader::start(Options { patience: Duration::ZERO, ..options });
    let job = load(&loader, &path, Priority::Audible);
    gate.arrival();
    let second = load(&loader, &path, Priority::Audible);
    gate.open();
    for job in [&job, &second] {
        assert_eq!(settle(job), Status::Complete);
    }
    assert_eq!(gate.count(&path, Moment::Open), 1);
    // It ends its step, of at most 16 blocks of this file, and no more.
    assert!(gate.count_of_first_thread(Moment::Grown) <= 17);
    assert!(gate.count(&path, Moment::Grown) > 80);
    assert!(samples(&job).as_slice() == decode(&path).unwrap().channels);
}
