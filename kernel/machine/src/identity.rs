//! What a CPU says of itself: who made it, which one it is, what it can do.

use core::arch::x86_64::{__cpuid, CpuidResult};

/// What a CPU says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The maker, twelve letters.
    pub vendor: [u8; 12],
    /// The name that it is sold under, with zeros after it.
    pub brand: [u8; 48],
    /// Its family.
    pub family: u32,
    /// Its model.
    pub model: u32,
    /// Which version of that.
    pub stepping: u32,
    /// Bits of a physical address, and of a virtual one.
    pub address_bits: (u32, u32),
    /// What it can do: the words that leaf 1 has for that, the first one's bits first.
    pub features: u64,
}

/// Features by their bits in [`Identity::features`], as they are called.
pub const FEATURES: [(u32, &str); 28] = [
    (0, "fpu"),
    (3, "pse"),
    (4, "tsc"),
    (5, "msr"),
    (6, "pae"),
    (8, "cx8"),
    (9, "apic"),
    (11, "sep"),
    (13, "pge"),
    (15, "cmov"),
    (16, "pat"),
    (19, "clflush"),
    (23, "mmx"),
    (24, "fxsr"),
    (25, "sse"),
    (26, "sse2"),
    (32, "pni"),
    (33, "pclmulqdq"),
    (41, "ssse3"),
    (44, "fma"),
    (45, "cx16"),
    (51, "sse4_1"),
    (52, "sse4_2"),
    (55, "popcnt"),
    (57, "aes"),
    (58, "xsave"),
    (60, "avx"),
    (62, "rdrand"),
];

/// Family, model and stepping of the word that says them.
const fn version(word: u32) -> (u32, u32, u32) {
    let (family, model) = (word >> 8 & 0xf, word >> 4 & 0xf);
    let is_extended = family == 6 || family == 15;
    let model = if is_extended { model | word >> 12 & 0xf0 } else { model };
    let family = if family == 15 { family + (word >> 20 & 0xff) } else { family };
    (family, model, word & 0xf)
}

/// What this CPU says of itself.
#[must_use]
pub fn identity() -> Identity {
    let (first, leaf) = (__cpuid(0), __cpuid(1));
    let mut vendor = [0; 12];
    for (part, word) in vendor.chunks_exact_mut(4).zip([first.ebx, first.edx, first.ecx]) {
        part.copy_from_slice(&word.to_le_bytes());
    }
    let extended = __cpuid(0x8000_0000).eax;
    let mut brand = [0; 48];
    if extended >= 0x8000_0004 {
        for (part, leaf) in brand.chunks_exact_mut(16).zip(0x8000_0002..) {
            let CpuidResult { eax, ebx, ecx, edx } = __cpuid(leaf);
            for (part, word) in part.chunks_exact_mut(4).zip([eax, ebx, ecx, edx]) {
                part.copy_from_slice(&word.to_le_bytes());
            }
        }
    }
    let sizes = if extended >= 0x8000_0008 { __cpuid(0x8000_0008).eax } else { 0x3024 };
    let (family, model, stepping) = version(leaf.eax);
    Identity {
        vendor,
        brand,
        family,
        model,
        stepping,
        address_bits: (sizes & 0xff, sizes >> 8 & 0xff),
        features: u64::from(leaf.edx) | u64::from(leaf.ecx) << 32,
    }
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_version_is_taken_apart() {
        assert_eq!(version(0x0009_06ed), (6, 0x9e, 13));
        assert_eq!(version(0x00a2_0f12), (0x19, 0x21, 2));
        assert_eq!(version(0x0000_0543), (5, 4, 3));
    }
}
