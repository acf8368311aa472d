//! Which channel of a file is for which speaker.

use std::fmt;

/// Where a channel is meant to be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// Left, ±30°.
    Left,
    /// Right.
    Right,
    /// Centre.
    Centre,
    /// The channel of low effects: not a place, and left out of measuring and of down-mixes.
    Lfe,
    /// Behind on the left; in 5.1 the surround.
    BackLeft,
    /// Behind on the right; in 5.1 the surround.
    BackRight,
    /// Between left and centre.
    LeftOfCentre,
    /// Between right and centre.
    RightOfCentre,
    /// Straight behind.
    BackCentre,
    /// At the left side.
    SideLeft,
    /// At the right side.
    SideRight,
    /// Right above.
    TopCentre,
    /// In front on the left, above.
    TopFrontLeft,
    /// In front, above.
    TopFrontCentre,
    /// In front on the right, above.
    TopFrontRight,
    /// Behind on the left, above.
    TopBackLeft,
    /// Behind, above.
    TopBackCentre,
    /// Behind on the right, above.
    TopBackRight,
    /// At the left side, above.
    TopSideLeft,
    /// At the right side, above.
    TopSideRight,
    /// The left of a stereo down-mix that is carried beside the other channels.
    DownmixLeft,
    /// The right of that.
    DownmixRight,
    /// Far left in front.
    WideLeft,
    /// Far right in front.
    WideRight,
    /// In front, below.
    LowCentre,
    /// In front on the left, below.
    LowLeft,
    /// In front on the right, below.
    LowRight,
    /// Nothing says what it is for.
    Unknown,
}

use Speaker::*;

/// The bits of a mask, from the lowest on. Those up to the 18th are WAVE's; the rest is the
/// numbering of FFmpeg.
const BITS: [Speaker; 41] = [
    Left,
    Right,
    Centre,
    Lfe,
    BackLeft,
    BackRight,
    LeftOfCentre,
    RightOfCentre,
    BackCentre,
    SideLeft,
    SideRight,
    TopCentre,
    TopFrontLeft,
    TopFrontCentre,
    TopFrontRight,
    TopBackLeft,
    TopBackCentre,
    TopBackRight,
    Unknown,
    Unknown,
    Unknown,
    Unknown,
    Unknown,
    Unknown,
    Unknown,
    Unknown,
    Unknown,
    Unknown,
    Unknown,
    DownmixLeft,
    DownmixRight,
    WideLeft,
    WideRight,
    // Surrounds that are sent to loudspeakers of their own.
    SideLeft,
    SideRight,
    // A second LFE.
    Lfe,
    TopSideLeft,
    TopSideRight,
    LowCentre,
    LowLeft,
    LowRight,
];

/// The speaker that FFmpeg has a number for.
pub(crate) fn speaker(number: u32) -> Speaker {
    BITS.get(number as usize).copied().unwrap_or(Unknown)
}

/// The speakers of a file's channels, in their order.
#[derive(Clone, PartialEq, Eq)]
pub struct Speakers(Vec<Speaker>);

impl Speakers {
    /// As the file says it, channel by channel; the usual ones if it says nothing of any of them.
    pub(crate) fn told(list: Vec<Speaker>) -> Self {
        if list.iter().all(|&speaker| speaker == Unknown) {
            return Self::usual(list.len());
        }
        Self(list)
    }

    /// The speakers whose bits are set, from the lowest on, if they are as many as there are
    /// channels; else the usual ones.
    pub(crate) fn of_mask(width: usize, mask: u64) -> Self {
        let set = (0..64).filter(|bit| mask >> bit & 1 != 0).map(speaker);
        let list: Vec<_> = set.collect();
        if list.len() == width { Self::told(list) } else { Self::usual(width) }
    }

    /// What so many channels are for where nobody says so, in the order of WAVE.
    pub(crate) fn usual(width: usize) -> Self {
        let surround = [Left, Right, Centre, Lfe, BackLeft, BackRight];
        let seven = [Left, Right, Centre, Lfe, BackLeft, BackRight, SideLeft, SideRight];
        let top = [TopFrontLeft, TopFrontRight, TopBackLeft, TopBackRight];
        Self(match width {
            1 => vec![Centre],
            2 => vec![Left, Right],
            3 => vec![Left, Right, Centre],
            4 => vec![Left, Right, BackLeft, BackRight],
            5 => vec![Left, Right, Centre, BackLeft, BackRight],
            6 => surround.to_vec(),
            7 => vec![Left, Right, Centre, Lfe, BackCentre, SideLeft, SideRight],
            8 => seven.to_vec(),
            10 => [&surround[..], &top].concat(),
            12 => [&seven[..], &top].concat(),
            _ => vec![Unknown; width],
        })
    }

    /// The number of channels.
    pub fn width(&self) -> usize {
        self.0.len()
    }

    /// The speaker of each channel.
    pub fn list(&self) -> &[Speaker] {
        &self.0
    }

    /// How much of each channel goes to the left and to the right when it is played in stereo.
    ///
    /// That is ITU-R BS.775's: centre and surrounds 3 dB lower, what is in the middle behind at
    /// half, the LFE left out, nothing scaled back. Of heights it says nothing: they go with the
    /// surrounds. A single channel goes to both sides as it is.
    pub(crate) fn gains(&self) -> Vec<[f32; 2]> {
        let is_heard = |speaker: &Speaker| *speaker != Lfe;
        let is_known = self.0.iter().any(|&speaker| speaker != Unknown);
        if self.0.iter().filter(|speaker| is_heard(speaker)).count() <= 1 {
            let only = |speaker: &Speaker| is_heard(speaker) || self.width() == 1;
            return self.0.iter().map(|s| if only(s) { [1.0; 2] } else { [0.0; 2] }).collect();
        }
        if self.width() == 2 || !is_known {
            let first_two = [[1.0, 0.0], [0.0, 1.0]].into_iter().chain(std::iter::repeat([0.0; 2]));
            return first_two.take(self.width()).collect();
        }
        // The stereo down-mix that some files carry would come on top of what it was made of.
        let has_own = self.0.iter().any(|s| matches!(s, Left | Right | Centre));
        let of = |&speaker: &Speaker| match speaker {
            DownmixLeft | DownmixRight if has_own => [0.0; 2],
            speaker => speaker.gains(),
        };
        self.0.iter().map(of).collect()
    }
}

impl Speaker {
    fn gains(self) -> [f32; 2] {
        const LESS: f32 = std::f32::consts::FRAC_1_SQRT_2;
        match self {
            Left | LeftOfCentre | WideLeft | LowLeft | DownmixLeft => [1.0, 0.0],
            Right | RightOfCentre | WideRight | LowRight | DownmixRight => [0.0, 1.0],
            Centre | LowCentre => [LESS; 2],
            BackLeft | SideLeft | TopFrontLeft | TopSideLeft | TopBackLeft => [LESS, 0.0],
            BackRight | SideRight | TopFrontRight | TopSideRight | TopBackRight => [0.0, LESS],
            BackCentre | TopCentre | TopFrontCentre | TopBackCentre => [0.5; 2],
            Lfe | Unknown => [0.0; 2],
        }
    }

    /// The usual abbreviation.
    pub fn short(self) -> &'static str {
        match self {
            Left => "L",
            Right => "R",
            Centre => "C",
            Lfe => "LFE",
            BackLeft => "Lb",
            BackRight => "Rb",
            LeftOfCentre => "Lc",
            RightOfCentre => "Rc",
            BackCentre => "Cb",
            SideLeft => "Ls",
            SideRight => "Rs",
            TopCentre => "Tc",
            TopFrontLeft => "Tfl",
            TopFrontCentre => "Tfc",
            TopFrontRight => "Tfr",
            TopBackLeft => "Tbl",
            TopBackCentre => "Tbc",
            TopBackRight => "Tbr",
            TopSideLeft => "Tsl",
            TopSideRight => "Tsr",
            DownmixLeft => "Dl",
            DownmixRight => "Dr",
            WideLeft => "Lw",
            WideRight => "Rw",
            LowCentre => "Bfc",
            LowLeft => "Bfl",
            LowRight => "Bfr",
            Unknown => "?",
        }
    }
}

impl fmt::Debug for Speakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|speaker| speaker.short()).collect();
        f.write_str(&names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LESS: f32 = std::f32::consts::FRAC_1_SQRT_2;

    #[test]
    fn a_mask_that_does_not_fit_is_not_believed() {
        assert_eq!(Speakers::of_mask(2, 3).list(), [Left, Right]);
        assert_eq!(Speakers::of_mask(3, 0xb).list(), [Left, Right, Lfe]);
        assert_eq!(Speakers::of_mask(6, 0xb), Speakers::usual(6));
        assert_eq!(Speakers::of_mask(6, 0x60f).list()[4..], [SideLeft, SideRight]);
        assert_eq!(Speakers::of_mask(2, 3 << 62), Speakers::usual(2));
        assert_eq!(format!("{:?}", Speakers::usual(12)), "L R C LFE Lb Rb Ls Rs Tfl Tfr Tbl Tbr");
    }

    #[test]
    fn the_table_of_the_documentation() {
        let gains = |list: &[Speaker]| Speakers::told(list.to_vec()).gains();
        assert_eq!(gains(&[Lfe]), [[1.0; 2]]);
        assert_eq!(gains(&[Centre, Lfe]), [[1.0; 2], [0.0; 2]]);
        assert_eq!(gains(&[BackLeft, BackRight]), [[1.0, 0.0], [0.0, 1.0]]);
        assert_eq!(gains(&[Unknown; 3]), [[1.0, 0.0], [0.0, 1.0], [LESS; 2]]);
        assert_eq!(gains(&[Unknown; 9])[..3], [[1.0, 0.0], [0.0, 1.0], [0.0; 2]]);
        assert_eq!(gains(&[Left, Right, BackCentre])[2], [0.5; 2]);
        assert_eq!(gains(&[Left, Right, Lfe, Unknown])[2..], [[0.0; 2]; 2]);
        assert_eq!(gains(&[Left, Right, DownmixLeft])[2], [0.0; 2]);
        for (width, behind) in [(4, 2), (5, 3), (6, 4), (7, 5), (8, 4), (10, 4), (12, 4)] {
            let gains = Speakers::usual(width).gains();
            assert_eq!(gains[behind..behind + 2], [[LESS, 0.0], [0.0, LESS]], "{width}");
        }
    }

    /// No speaker is louder on the wrong side than on its own, and left and right are alike.
    #[test]
    fn both_sides_are_alike() {
        for pair in [
            [Left, Right],
            [BackLeft, BackRight],
            [SideLeft, SideRight],
            [LeftOfCentre, RightOfCentre],
            [TopFrontLeft, TopFrontRight],
            [TopSideLeft, TopSideRight],
            [TopBackLeft, TopBackRight],
            [WideLeft, WideRight],
            [LowLeft, LowRight],
        ] {
            let [left, right] = pair.map(Speaker::gains);
            assert_eq!(left, [right[1], right[0]], "{pair:?}");
            assert!(left[0] > 0.7 && left[1] == 0.0);
        }
    }
}
