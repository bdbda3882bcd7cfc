//! The speeds that the flags of a line's hardware name. Nothing is sent at any of them: programs ask for them and set them.

/// The bits that name a speed.
const SPEED: u32 = 0o10_017;
/// Those that name the speed of input, where it is another one.
const INPUT_SHIFT: u32 = 16;
/// No name: the speed is said beside the flags.
const OTHER: u32 = 0o10_000;
/// 38,400 bits a second.
pub(super) const B38400: u32 = 0o17;

/// From name 0 on.
const SLOW: [u32; 16] =
    [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19_200, 38_400];
/// From name `OTHER + 1` on.
const FAST: [u32; 15] = [
    57_600, 115_200, 230_400, 460_800, 500_000, 576_000, 921_600, 1_000_000, 1_152_000, 1_500_000, 2_000_000,
    2_500_000, 3_000_000, 3_500_000, 4_000_000,
];

/// The speed of a name; none for [`OTHER`].
fn named(name: u32) -> Option<u32> {
    let (table, number): (&[u32], u32) =
        if name & OTHER == 0 { (&SLOW, name) } else { (&FAST, (name & !OTHER).checked_sub(1)?) };
    table.get(usize::try_from(number).ok()?).copied()
}

/// The speeds, in and out, that `control` names; where it names none, those said beside it.
pub(super) fn of(control: u32, said: [u32; 2]) -> [u32; 2] {
    let output = named(control & SPEED).unwrap_or(said[1]);
    let input = match control >> INPUT_SHIFT & SPEED {
        // The same as the output.
        0 => output,
        name => named(name).unwrap_or(said[0]),
    };
    [input, output]
}
