//! Files that are not what they seem: each is refused in plain words or decoded as far as it goes,
//! at once, in little memory, and without opening anything else.

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use busbar_media::{Block, Cancel, Decoder, Limits, Outcome, Planar, Reason, Shortfall, Stage};
use common::{
    Numbers, Pcm, STEREO, alone, decode, decode_with, ffmpeg, folder, reference, signal, wav,
    wav_header, within_a_minute,
};

/// The stage and the reason that a file is refused with.
fn refusal(path: &Path) -> (Stage, Reason) {
    let path = path.to_owned();
    let error = within_a_minute(move || {
        let error = decode(&path).expect_err("a refusal");
        assert_eq!(error.path, path);
        assert!(error.to_string().contains(&*path.to_string_lossy()), "{error}");
        error
    });
    (error.stage, error.reason)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("writing a file");
    path
}

fn short_wav() -> Vec<u8> {
    wav(Pcm::S16, 2, 48_000, &signal(&STEREO, 4_800, 48_000)).0
}

#[test]
fn what_is_no_regular_file_is_refused_without_waiting() {
    let folder = folder("hostile-kinds");
    let pipe = folder.join("pipe.wav");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(refusal(&pipe), (Stage::Open, Reason::NotAFile));
    assert_eq!(refusal(&folder), (Stage::Open, Reason::Folder));
    assert_eq!(refusal(Path::new("/dev/zero")), (Stage::Open, Reason::NotAFile));
    assert_eq!(refusal(&folder.join("none.wav")), (Stage::Open, Reason::Missing));
    let file = write(&folder, "file.wav", &short_wav());
    assert_eq!(refusal(&file.join("x.wav")).0, Stage::Open);
    // The path of a socket is limited to a hundred bytes: it gets a short one of its own.
    let socket = std::env::temp_dir().join(format!("busbar-{}.wav", std::process::id()));
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let answer = refusal(&socket);
    fs::remove_file(&socket).unwrap();
    assert_eq!(answer, (Stage::Open, Reason::NotAFile));
    let link = folder.join("link.wav");
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    assert_eq!(refusal(&link), (Stage::Open, Reason::NotAFile));
}

#[test]
fn what_may_not_be_read_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder("hostile-forbidden");
    let file = write(&folder, "secret.wav", &short_wav());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    if File::open(&file).is_ok() {
        println!("root may read everything: left to the test beside the errors themselves");
        return;
    }
    assert_eq!(refusal(&file), (Stage::Open, Reason::Forbidden));
}

#[test]
fn what_is_no_sound_is_refused() {
    let folder = folder("hostile-kind");
    assert_eq!(refusal(&write(&folder, "empty.wav", b"")), (Stage::Open, Reason::Empty));
    let text = "Dear neighbour, this is not a song. ".repeat(400);
    let mut numbers = Numbers::new(7);
    let noise: Vec<u8> = (0..100_000).map(|_| numbers.next() as u8).collect();
    for extension in
        ["", "txt", "wav", "flac", "mp3", "m4a", "ogg", "aac", "ac3", "dts", "wma", "mkv"]
    {
        for (what, bytes) in [("text", text.as_bytes()), ("zeros", &[0; 9_000]), ("one", b"R")] {
            let (stage, reason) = refusal(&write(&folder, &format!("{what}.{extension}"), bytes));
            assert!(stage >= Stage::Recognise, "{what}.{extension}: {reason:?}");
        }
        // Random bytes hold frames of MPEG sound now and then: not to hang is all that counts.
        let file = write(&folder, &format!("noise.{extension}"), &noise);
        let _ = within_a_minute(move || decode(&file).is_ok());
    }
    assert_eq!(refusal(&folder.join("text.txt")), (Stage::Recognise, Reason::UnknownFormat));
}

#[test]
fn a_film_without_sound_says_so() {
    let folder = folder("hostile-silent");
    let file = folder.join("silent.mp4");
    ffmpeg(&["-f", "lavfi", "-i", "testsrc=size=64x48:duration=1", "-c:v", "mpeg4"], &file);
    assert_eq!(refusal(&file), (Stage::Recognise, Reason::NoSound));
}

#[test]
fn nothing_that_a_file_names_is_ever_opened() {
    let folder = folder("hostile-playlists");
    let target = write(&folder, "secret.wav", &short_wav());
    let target = target.to_str().unwrap();
    let playlist = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\n{target}\n#EXTINF:1,\nfile:{target}\n\
         #EXT-X-ENDLIST\n"
    );
    let script = format!("ffconcat version 1.0\nfile '{target}'\n");
    let session = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n\
                   m=audio 5004 RTP/AVP 0\n";
    for extension in ["m3u8", "m3u", "mp3", "wav", "ffconcat", "sdp", "ts", "mp4"] {
        for (what, text) in [("list", &*playlist), ("script", &*script), ("session", session)] {
            let file = write(&folder, &format!("{what}.{extension}"), text.as_bytes());
            refusal(&file);
        }
    }
    let file = folder.join("list.m3u8");
    assert_eq!(refusal(&file), (Stage::Recognise, Reason::UnknownFormat));
}

/// A small file of each kind, with how far short of its length a decode may fall unnoticed.
fn small_files(folder: &Path) -> Vec<(PathBuf, u64)> {
    // Blocks of TTA are a second long: enough for several.
    let source = reference(folder, &STEREO, 192_000, 48_000);
    let mut files = Vec::new();
    for (name, encode, slack) in [
        ("t.wav", "-c:a pcm_s16le", 0),
        ("t.aiff", "-c:a pcm_s16be", 0),
        ("t.flac", "-c:a flac", 0),
        ("t.wv", "-c:a wavpack", 0),
        ("t.tta", "-c:a tta", 0),
        ("t.caf", "-c:a pcm_s24be", 0),
        ("alac.m4a", "-c:a alac -movflags +faststart", 0),
        ("t.m4a", "-c:a aac -movflags +faststart", 8_192),
        ("t.mp3", "-c:a libmp3lame", 8_192),
        ("t.wma", "-c:a wmav2", 8_192),
    ] {
        let file = folder.join(name);
        let mut arguments = vec!["-i", source.to_str().unwrap()];
        arguments.extend(encode.split(' '));
        ffmpeg(&arguments, &file);
        files.push((file, slack));
    }
    files
}

#[test]
fn a_file_that_ends_early_is_never_called_complete() {
    let folder = folder("hostile-short");
    for (file, slack) in small_files(&folder) {
        // FFmpeg leaves the announced length out when the file is much shorter.
        if file.extension().is_some_and(|extension| extension == "wma") {
            continue;
        }
        let whole = fs::read(&file).unwrap();
        let full = decode(&file).unwrap().frames() as u64;
        let cut = folder.join("cut").with_extension(file.extension().unwrap());
        let mut kept = 0;
        for point in 0..60 {
            let length = whole.len() * point / 60;
            fs::write(&cut, &whole[..length]).unwrap();
            let piece = cut.clone();
            let Ok(decoded) = within_a_minute(move || decode(&piece)) else { continue };
            let frames = decoded.frames() as u64;
            kept += 1;
            assert!(frames <= full, "{} cut to {length}: {frames}", file.display());
            let missing = full - frames > slack;
            let complete = decoded.outcome == Outcome::Complete;
            assert!(!(missing && complete), "{} cut to {length}: {frames}", file.display());
        }
        assert!(kept > 25, "{}: only {kept} of 60 pieces gave sound", file.display());
    }
}

#[test]
fn damage_in_the_middle_is_told() {
    let folder = folder("hostile-middle");
    for (file, _) in small_files(&folder) {
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 2_000].fill(0x55);
        fs::write(&file, bytes).unwrap();
        let decoded = decode(&file).unwrap_or_else(|error| panic!("{error}"));
        println!("{}: {} frames, {:?}", file.display(), decoded.frames(), decoded.outcome);
        let codec = decoded.format.codec.as_str();
        match codec {
            // No checksums: any bytes are sound.
            _ if codec.starts_with("pcm") => assert_eq!(decoded.outcome, Outcome::Complete),
            "alac" => {}
            _ => assert_ne!(decoded.outcome, Outcome::Complete, "{}", file.display()),
        }
        assert!(decoded.frames() > 90_000, "{}: {}", file.display(), decoded.frames());
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_partial() {
    let folder = folder("hostile-shrink");
    let samples = signal(&STEREO, 480_000, 48_000);
    let path = write(&folder, "shrinks.wav", &wav(Pcm::S16, 2, 48_000, &samples).0);
    let mut decoder = Decoder::open(&path, &Limits::default(), &Cancel::new()).unwrap();
    let mut block = Planar::new();
    decoder.read(&mut block).unwrap();
    File::options().write(true).open(&path).unwrap().set_len(400_000).unwrap();
    let outcome = within_a_minute(move || {
        loop {
            if let Block::End(outcome) = decoder.read(&mut block).unwrap() {
                return outcome;
            }
        }
    });
    let Outcome::Partial(Shortfall::Short { frames, announced: 480_000 }) = outcome else {
        panic!("{outcome:?}")
    };
    assert!((90_000..110_000).contains(&frames), "{frames}");
}

/// A WAV with one of its numbers replaced.
fn with_number(offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = short_wav();
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
    file
}

/// The most memory that this process has ever had, in bytes.
fn most_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[test]
fn absurd_headers_end_at_once_and_in_little_memory() {
    // The other tests of this program would count as well.
    alone("absurd_headers_end_at_once_and_in_little_memory", decode_absurd_headers);
}

fn decode_absurd_headers() {
    let folder = folder("hostile-headers");
    let mut info = wav_header(Pcm::S16, 2, 48_000, 0);
    info.truncate(36);
    info.extend(b"LIST\xf0\xff\xff\x7fINFOIART\xe0\xff\xff\x7f");
    info.resize(20_000, b'x');
    let mut rf64 = b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0".to_vec();
    rf64.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f].repeat(3));
    rf64.extend([0; 4]);
    rf64.extend(&with_number(40, &[0xff; 4])[12..]);
    for (name, bytes) in [
        ("no-riff-size", with_number(4, &[0; 4])),
        ("riff-size", with_number(4, &[0xff; 4])),
        ("fmt-size", with_number(16, &[0xff; 4])),
        ("fmt-size-2g", with_number(16, &[0xff, 0xff, 0xff, 0x7f])),
        ("channels", with_number(22, &[0xff; 2])),
        ("no-channels", with_number(22, &[0; 2])),
        ("65-channels", with_number(22, &[65, 0, 0x80, 0xbb, 0, 0, 0, 0, 0, 0, 130, 0])),
        ("rate", with_number(24, &[0xff; 4])),
        ("rate-2g", with_number(24, &[0xff, 0xff, 0xff, 0x7f])),
        ("no-rate", with_number(24, &[0; 4])),
        ("no-block", with_number(32, &[0; 2])),
        ("block", with_number(32, &[0xff; 2])),
        ("no-bits", with_number(34, &[0; 2])),
        ("bits", with_number(34, &[0xff; 2])),
        ("data-size", with_number(40, &[0xff; 4])),
        ("data-size-2g", with_number(40, &[0xff, 0xff, 0xff, 0x7f])),
        ("no-data-size", with_number(40, &[0; 4])),
        ("info", info),
        ("rf64", rf64),
    ] {
        let file = write(&folder, &format!("{name}.wav"), &bytes);
        let told = within_a_minute(move || match decode(&file) {
            Ok(decoded) => format!("{} frames, {:?}", decoded.frames(), decoded.outcome),
            Err(error) => error.reason.to_string(),
        });
        println!("{name}: {told}");
    }
    let most = most_memory();
    assert!(most < 300 << 20, "{} MB", most >> 20);
}

#[test]
fn many_streams_are_too_many() {
    let folder = folder("hostile-streams");
    let source = write(&folder, "source.wav", &short_wav());
    for (streams, is_fine) in [(60, true), (70, false)] {
        let file = folder.join(format!("{streams}.mkv"));
        let maps = ["-map", "0"].repeat(streams);
        ffmpeg(&[&["-i", source.to_str().unwrap()], &*maps, &["-c", "copy"]].concat(), &file);
        let result = within_a_minute(move || decode(&file));
        match result {
            Ok(decoded) => assert_eq!((decoded.format.sounds.len(), is_fine), (streams, true)),
            Err(error) => assert!(!is_fine, "{error}"),
        }
    }
}

#[test]
fn limits_are_kept() {
    let folder = folder("hostile-limits");
    let file = write(&folder, "stereo.wav", &short_wav());
    let mono_only = Limits { channels: 1, ..Limits::default() };
    let error = decode_with(&file, &mono_only).unwrap_err();
    assert_eq!(error.reason, Reason::OverLimit("number of channels"));
    let many = vec![0.1; 65 * 100];
    let file = write(&folder, "many.wav", &wav(Pcm::S16, 65, 48_000, &many).0);
    assert!(matches!(refusal(&file).1, Reason::OverLimit(_) | Reason::Damaged(_)));
    let file = write(&folder, "fast.wav", &wav(Pcm::S16, 1, 3_000_000, &[0.1; 100]).0);
    assert_eq!(refusal(&file).1, Reason::OverLimit("sample rate"));
    // A block of FLAC has 4,096 frames.
    let source = write(&folder, "source.wav", &wav(Pcm::S16, 1, 48_000, &[0.1; 48_000]).0);
    let file = folder.join("blocks.flac");
    ffmpeg(&["-i", source.to_str().unwrap(), "-frame_size", "4096"], &file);
    let small_blocks = Limits { block_frames: 1_000, ..Limits::default() };
    decode_with(&file, &small_blocks).unwrap_err();
    decode(&file).unwrap();
}
