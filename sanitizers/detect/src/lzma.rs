//! The beginning of an LZMA stream, for headers that are packed themselves.
//!
//! Refuses: streams that break the format. Invariant: never more output than was asked for; the output is its own
//! dictionary, so no size in the stream makes memory.

/// The top of the range coder's range.
const TOP: u32 = 1 << 24;
/// Bits of a probability, and how fast one adapts.
const MODEL_BITS: u32 = 11;
const ADAPT: u32 = 5;
const HALF: u16 = 1 << (MODEL_BITS - 1);
/// Most `lc + lp`: what encoders write is 3; more would only make tables.
const MAX_LITERAL_BITS: u8 = 4;
const STATES: usize = 12;
const POSITIONS: usize = 16;

/// The first `most` bytes of what `packed` holds; fewer if it ends or breaks before that. `properties` are the five
/// bytes of the coder.
pub(crate) fn unpack(properties: [u8; 5], packed: &[u8], most: usize) -> Vec<u8> {
    let mut output = Vec::new();
    if let Some(mut decoder) = Decoder::new(properties, packed) {
        while output.len() < most && decoder.step(&mut output, most).is_some() {}
    }
    output
}

struct Range<'a> {
    input: std::slice::Iter<'a, u8>,
    range: u32,
    code: u32,
}

impl Range<'_> {
    fn normalize(&mut self) -> Option<()> {
        if self.range < TOP {
            self.range <<= 8;
            self.code = (self.code << 8) | u32::from(*self.input.next()?);
        }
        Some(())
    }

    fn bit(&mut self, probability: &mut u16) -> Option<usize> {
        let bound = (self.range >> MODEL_BITS) * u32::from(*probability);
        let bit = if self.code < bound {
            self.range = bound;
            *probability += ((1 << MODEL_BITS) - *probability) >> ADAPT;
            0
        } else {
            self.range -= bound;
            self.code -= bound;
            *probability -= *probability >> ADAPT;
            1
        };
        self.normalize()?;
        Some(bit)
    }

    fn direct(&mut self, bits: usize) -> Option<usize> {
        let mut value = 0;
        for _ in 0..bits {
            self.range >>= 1;
            let is_one = self.code >= self.range;
            if is_one {
                self.code -= self.range;
            }
            value = (value << 1) | usize::from(is_one);
            self.normalize()?;
        }
        Some(value)
    }

    /// A symbol of `bits` bits, the highest first.
    fn tree(&mut self, table: &mut [u16], bits: usize) -> Option<usize> {
        let mut node = 1;
        for _ in 0..bits {
            node = (node << 1) | self.bit(table.get_mut(node)?)?;
        }
        Some(node - (1 << bits))
    }

    /// A symbol of `bits` bits, the lowest first; `table` begins `from` entries before its root's place.
    fn reverse(&mut self, table: &mut [u16], from: usize, bits: usize) -> Option<usize> {
        let (mut node, mut symbol) = (1, 0);
        for place in 0..bits {
            let bit = self.bit(table.get_mut(from + node)?)?;
            node = (node << 1) | bit;
            symbol |= bit << place;
        }
        Some(symbol)
    }
}

/// Two choices, then trees of 3 bits per position, and one of 8.
struct Length(Vec<u16>);

impl Length {
    fn new() -> Self {
        Self(vec![HALF; 2 + 2 * POSITIONS * 8 + 256])
    }

    fn decode(&mut self, range: &mut Range<'_>, position: usize) -> Option<usize> {
        let (choices, trees) = self.0.split_at_mut_checked(2)?;
        let (low, rest) = trees.split_at_mut_checked(POSITIONS * 8)?;
        let (middle, high) = rest.split_at_mut_checked(POSITIONS * 8)?;
        let at = position * 8;
        if range.bit(choices.first_mut()?)? == 0 {
            range.tree(low.get_mut(at..)?, 3)
        } else if range.bit(choices.last_mut()?)? == 0 {
            Some(8 + range.tree(middle.get_mut(at..)?, 3)?)
        } else {
            Some(16 + range.tree(high, 8)?)
        }
    }
}

struct Decoder<'a> {
    range: Range<'a>,
    literal_context: u32,
    literal_position: usize,
    position_mask: usize,
    state: usize,
    /// The last four distances, less one.
    repeats: [usize; 4],
    literals: Vec<u16>,
    is_match: Vec<u16>,
    is_repeat: Vec<u16>,
    /// Which of the last distances, three choices per state.
    which_repeat: Vec<u16>,
    is_long_repeat: Vec<u16>,
    slots: Vec<u16>,
    distances: Vec<u16>,
    align: Vec<u16>,
    length: Length,
    repeat_length: Length,
}

impl<'a> Decoder<'a> {
    fn new(properties: [u8; 5], packed: &'a [u8]) -> Option<Self> {
        let [first, ..] = properties;
        let (context, rest) = (first % 9, first / 9);
        let (position, bits) = (rest % 5, rest / 5);
        if bits > 4 || context + position > MAX_LITERAL_BITS {
            return None;
        }
        let (start, input) = packed.split_at_checked(5)?;
        let [0, code @ ..] = start else { return None };
        Some(Self {
            range: Range {
                input: input.iter(),
                range: u32::MAX,
                code: code.iter().fold(0, |code, b| code << 8 | u32::from(*b)),
            },
            literal_context: u32::from(context),
            literal_position: (1 << position) - 1,
            position_mask: (1 << bits) - 1,
            state: 0,
            repeats: [0; 4],
            literals: vec![HALF; 0x300 << (context + position)],
            is_match: vec![HALF; STATES * POSITIONS],
            is_repeat: vec![HALF; STATES],
            which_repeat: vec![HALF; STATES * 3],
            is_long_repeat: vec![HALF; STATES * POSITIONS],
            slots: vec![HALF; 4 * 64],
            distances: vec![HALF; 128],
            align: vec![HALF; 16],
            length: Length::new(),
            repeat_length: Length::new(),
        })
    }

    /// One literal or one match; `None` at the end of the stream, and where it breaks.
    fn step(&mut self, output: &mut Vec<u8>, most: usize) -> Option<()> {
        let position = output.len() & self.position_mask;
        if self.range.bit(self.is_match.get_mut(self.state * POSITIONS + position)?)? == 0 {
            let byte = self.literal(output)?;
            output.push(byte);
            return Some(());
        }
        let length = if self.range.bit(self.is_repeat.get_mut(self.state)?)? == 0 {
            self.new_match(position)?
        } else if self.repeat(position)? {
            self.state = if self.state < 7 { 9 } else { 11 };
            1
        } else {
            self.state = if self.state < 7 { 8 } else { 11 };
            self.repeat_length.decode(&mut self.range, position)? + 2
        };
        let [distance, ..] = self.repeats;
        for _ in 0..length.min(most - output.len()) {
            let from = output.len().checked_sub(distance)?.checked_sub(1)?;
            output.push(*output.get(from)?);
        }
        Some(())
    }

    fn literal(&mut self, output: &[u8]) -> Option<u8> {
        let before = usize::from(output.last().copied().unwrap_or(0));
        let context =
            ((output.len() & self.literal_position) << self.literal_context) + (before >> (8 - self.literal_context));
        let table = self.literals.get_mut(context * 0x300..)?;
        let mut symbol = 1;
        if self.state >= 7 {
            let [distance, ..] = self.repeats;
            let mut matched = usize::from(*output.get(output.len().checked_sub(distance)?.checked_sub(1)?)?);
            while symbol < 0x100 {
                let expected = (matched >> 7) & 1;
                matched <<= 1;
                let bit = self.range.bit(table.get_mut(((1 + expected) << 8) + symbol)?)?;
                symbol = (symbol << 1) | bit;
                if expected != bit {
                    break;
                }
            }
        }
        while symbol < 0x100 {
            symbol = (symbol << 1) | self.range.bit(table.get_mut(symbol)?)?;
        }
        self.state = match self.state {
            0..4 => 0,
            4..10 => self.state - 3,
            _ => self.state - 6,
        };
        u8::try_from(symbol & 0xFF).ok()
    }

    /// The length of a match at a new distance.
    fn new_match(&mut self, position: usize) -> Option<usize> {
        let length = self.length.decode(&mut self.range, position)?;
        self.state = if self.state < 7 { 7 } else { 10 };
        let slot = self.range.tree(self.slots.get_mut(length.min(3) * 64..)?, 6)?;
        let distance = if slot < 4 {
            slot
        } else {
            let bits = (slot >> 1) - 1;
            let base = (2 | (slot & 1)) << bits;
            if slot < 14 {
                base + self.range.reverse(&mut self.distances, base - slot, bits)?
            } else {
                base + (self.range.direct(bits - 4)? << 4) + self.range.reverse(&mut self.align, 0, 4)?
            }
        };
        let [first, second, third, _] = self.repeats;
        self.repeats = [distance, first, second, third];
        // The end mark of a stream is a distance that nothing can have.
        (distance < 0xFFFF_FFFF).then_some(length + 2)
    }

    /// Takes one of the last distances to the front; true if only one byte is copied.
    fn repeat(&mut self, position: usize) -> Option<bool> {
        let at = self.state * 3;
        let mut chooses =
            |range: &mut Range<'_>, which: usize| Some(range.bit(self.which_repeat.get_mut(at + which)?)? == 1);
        let [first, second, third, fourth] = self.repeats;
        if !chooses(&mut self.range, 0)? {
            let long = self.is_long_repeat.get_mut(self.state * POSITIONS + position)?;
            return Some(self.range.bit(long)? == 0);
        }
        self.repeats = if !chooses(&mut self.range, 1)? {
            [second, first, third, fourth]
        } else if !chooses(&mut self.range, 2)? {
            [third, first, second, fourth]
        } else {
            [fourth, first, second, third]
        };
        Some(false)
    }
}
