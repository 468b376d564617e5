//! Model files with random weights in the shapes of Whisper's tiny, base and small, for timing: on the machines that
//! build Branchbox there are no real ones.
//!
//! What the encoder and the decoder cost does not depend on the values of the weights, but on how many tokens come
//! out: a decoder of pure noise writes until it must stop, or nothing, and falls back on other temperatures. So a few
//! weights are not random. They let the model *count*: it writes some four tokens for each second of sound that is
//! louder than the pauses, as real speech gives, then the stamp of the window's end and nothing more, each with a
//! probability near 1, so that no fallback sets in. The words mean nothing.
//!
//! How it counts. The encoder has one channel that says "loud" and one that marks its first position. In the last
//! layer of the decoder one head looks at the loud positions and the mark: its weight on the mark falls as there is
//! more speech, S/(S+n). Another head looks at the words written and the start token: S/(S+m). Their difference decides
//! between the next word, which follows from the position alone, and the end. (An earlier layer marks what stands after
//! the start token, so that a prompt is not counted.) All else is noise too weak to disturb this.
//!
//! The head of the file, its mel filters and its vocabulary (that of large-v3) are those of another model file.

use crate::chance::Chance;
use anyhow::{Context, bail, ensure};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// The shape of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub name: &'static str,
    /// Width of the residual stream.
    state: usize,
    heads: usize,
    /// Of the encoder, and of the decoder.
    layers: usize,
}

/// Radford et al. 2022, table 1.
pub(super) const SHAPES: [Shape; 3] = [
    Shape { name: "tiny", state: 384, heads: 6, layers: 4 },
    Shape { name: "base", state: 512, heads: 8, layers: 6 },
    Shape { name: "small", state: 768, heads: 12, layers: 12 },
];

const AUDIO_CONTEXT: usize = 1_500;
const TEXT_CONTEXT: usize = 448;
const MELS: usize = 80;
/// Width of a head, in all shapes.
const HEAD: usize = 64;
const SEED: u64 = 384;

// Tokens of large-v3's vocabulary (whisper.cpp, whisper_vocab).
const VOCABULARY: usize = 51_866;
const END: usize = 50_257;
const START: usize = 50_258;
const ENGLISH: usize = 50_259;
const STAMP_30_S: usize = VOCABULARY - 1;

/// Tokens for a second of speech: English has some 2.5 words and 3.3 tokens a second, Chinese 4 to 5 of both.
const TOKENS_A_SECOND: f32 = 4.0;
/// Positions of the encoder in a second.
const POSITIONS_A_SECOND: f32 = 50.0;
/// S, in tokens: the count at which a head's weight on its mark has fallen to a half.
const HALF: f32 = 40.0;
/// The mean log-mel value (as whisper.cpp scales it) where loud begins, and how steeply.
const LOUD: f32 = -0.22;
const STEEP: f32 = 60.0;
/// A score that outdoes all others together.
const CLEAR: f32 = 7.0;
/// Noise that one layer adds to the stream, whose own size is 1.
const NOISE: f32 = 0.02;
/// Strength of the decision, in the stream and after the last norm.
const GAIN: f32 = 5.0;
const DECISION: f32 = 300.0;
/// A word's own vector, of the position's that calls for it.
const WORD: f32 = 0.15;
/// Value of a mark in the decoder's stream.
const MARK: f32 = 2.0;

// Channels that no random weight writes to. Encoder:
const SPEECH: usize = 0;
const FIRST: usize = 1;
/// How large a loud position, and the first one, stand in the encoder's stream. The first is so large that the norm
/// leaves nothing of its loudness.
const SPEECH_SIZE: f32 = 5.0;
const FIRST_SIZE: (f32, f32) = (50.0, 250.0);
// Decoder:
const WRITTEN: usize = 0;
const BEGUN: usize = 1;
const AFTER: usize = 2;
const VERDICT: usize = 3;
const RESERVED: usize = 4;

impl Shape {
    /// Writes the model as a ggml file (f16) at `path`. The file `like` gives mel filters and vocabulary.
    pub fn write(self, like: &Path, path: &Path) -> anyhow::Result<()> {
        let head = Head::read(like)?;
        let cannot = || format!("cannot write {}", path.display());
        let out = BufWriter::with_capacity(1 << 20, File::create(path).with_context(cannot)?);
        let mut model = Writer { out, chance: Chance(SEED), d: self.state };
        self.write_to(&mut model, &head).and_then(|()| model.out.flush()).with_context(cannot)
    }

    fn write_to(self, model: &mut Writer, head: &Head) -> io::Result<()> {
        let d = self.state;
        let (heads, layers) = (self.heads, self.layers);
        let numbers = [VOCABULARY, AUDIO_CONTEXT, d, heads, layers, TEXT_CONTEXT, d, heads, layers, MELS, 1];
        model.out.write_all(b"lmgg")?;
        for n in numbers {
            model.out.write_all(&(n as i32).to_le_bytes())?;
        }
        model.out.write_all(&head.filters_and_vocabulary)?;
        model.encoder(layers)?;
        model.decoder(layers, &head.words)
    }
}

/// What is taken from another model file.
struct Head {
    /// As it stands in the file.
    filters_and_vocabulary: Vec<u8>,
    /// Tokens that are a space and an English word, one for each position of a text.
    words: Vec<usize>,
}

impl Head {
    fn read(path: &Path) -> anyhow::Result<Self> {
        const NUMBERS: usize = 48;
        let cannot = || {
            format!(
                "cannot take the vocabulary from {}: run this from the source tree, or say where its tests/fixtures is with --fixtures",
                path.display()
            )
        };
        let file = std::fs::read(path).with_context(cannot)?;
        let number = |at: usize| -> anyhow::Result<usize> {
            let bytes = file.get(at..at + 4).context("the model file is cut off").with_context(cannot)?;
            Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize)
        };
        ensure!(number(4)? == VOCABULARY, "{} has another vocabulary than large-v3", path.display());
        let mut at = NUMBERS + 8 + 4 * number(NUMBERS)? * number(NUMBERS + 4)?;
        let count = number(at)?;
        at += 4;
        let mut words = Vec::new();
        for id in 0..count {
            let length = number(at)?;
            let token = file.get(at + 4..at + 4 + length).context("the vocabulary is cut off")?;
            if length > 3 && token[0] == b' ' && token[1..].iter().all(u8::is_ascii_lowercase) {
                words.push(id);
            }
            at += 4 + length;
        }
        if words.len() < TEXT_CONTEXT {
            bail!("the vocabulary of {} has too few English words", path.display());
        }
        let step = words.len() / TEXT_CONTEXT;
        let words = words.into_iter().step_by(step).take(TEXT_CONTEXT).collect();
        Ok(Self { filters_and_vocabulary: file[NUMBERS..at].to_vec(), words })
    }
}

/// Writes tensors one after the other.
struct Writer {
    out: BufWriter<File>,
    chance: Chance,
    /// Width of the stream.
    d: usize,
}

/// What stands in a row besides noise.
type Edit<'a> = &'a dyn Fn(usize, &mut [f32]);
const AS_IT_IS: Edit = &|_, _| {};
/// Rows that write to the channels which count stay silent.
const SILENT: Edit = &|row, values| {
    if row < RESERVED {
        values.fill(0.0);
    }
};

impl Writer {
    fn encoder(&mut self, layers: usize) -> io::Result<()> {
        let d = self.d;
        // Two ramps, the second a step of 6 behind: their difference is 0 in a pause and 6 in speech.
        const RAMPS: [(usize, f32); 2] = [(2, 0.0), (3, 6.0)];
        let wide = 3 * MELS;
        self.tensor("encoder.conv1.weight", &[3, MELS, d], true, 0.5 / root(wide), &|row, values| {
            if RAMPS.iter().any(|r| r.0 == row) {
                values.fill(STEEP / wide as f32);
            }
        })?;
        self.tensor("encoder.conv1.bias", &[1, d], false, 0.0, &|row, values| {
            if let Some(ramp) = RAMPS.iter().find(|r| r.0 == row) {
                values[0] = -STEEP * LOUD - ramp.1;
            }
        })?;
        self.tensor("encoder.conv2.weight", &[3, d, d], true, 0.1 / root(3 * d), &|row, values| {
            if row < RESERVED {
                values.fill(0.0);
            }
            if row == SPEECH {
                // The middle one of three.
                values[RAMPS[0].0 * 3 + 1] = SPEECH_SIZE / 6.0;
                values[RAMPS[1].0 * 3 + 1] = -SPEECH_SIZE / 6.0;
            }
        })?;
        self.tensor("encoder.conv2.bias", &[1, d], false, 0.0, AS_IT_IS)?;
        let places = self.places(AUDIO_CONTEXT);
        self.tensor("encoder.positional_embedding", &[d, AUDIO_CONTEXT], false, 0.0, &|row, values| {
            values.copy_from_slice(&places[row * d..][..d]);
            if row == 0 {
                values.iter_mut().for_each(|v| *v *= FIRST_SIZE.0);
                values[FIRST] = FIRST_SIZE.1;
            }
        })?;
        for layer in 0..layers {
            let name = format!("encoder.blocks.{layer}.");
            self.attention(&format!("{name}attn"), None)?;
            self.mlp(&name)?;
        }
        self.norm("encoder.ln_post", AS_IT_IS, AS_IT_IS)
    }

    fn decoder(&mut self, layers: usize, words: &[usize]) -> io::Result<()> {
        let d = self.d;
        let of = |variance: f32| 1.0 / variance.sqrt();
        let marks = MARK * MARK / d as f32;
        let word = 1.0 + WORD * WORD;
        let places = self.places(TEXT_CONTEXT);
        self.tensor("decoder.positional_embedding", &[d, TEXT_CONTEXT], false, 0.0, &|row, values| {
            values.copy_from_slice(&places[row * d..][..d]);
        })?;
        let mut position_of = vec![None; VOCABULARY];
        words.iter().enumerate().for_each(|(position, word)| position_of[*word] = Some(position));
        // The first position calls for a language.
        position_of[words[0]] = None;
        position_of[ENGLISH] = Some(0);
        self.tensor("decoder.token_embedding.weight", &[d, VOCABULARY], true, NOISE, &|row, values| {
            values[..RESERVED].fill(0.0);
            if let Some(position) = position_of[row] {
                let place = &places[position * d..][..d];
                values.iter_mut().zip(place).for_each(|(v, p)| *v = p * WORD);
                values[WRITTEN] = if row == ENGLISH { 0.0 } else { MARK };
            }
            match row {
                START => values[BEGUN] = MARK,
                STAMP_30_S => values[VERDICT] = -1.0,
                // After the stamps, which must come in pairs.
                END => values[VERDICT] = -0.97,
                _ => {}
            }
        })?;
        for layer in 0..layers {
            let name = format!("decoder.blocks.{layer}.");
            let begun = MARK * of(1.0 + marks);
            let own = match layer {
                // What stands after the start token sees it, and is marked.
                0 => Some(Look {
                    key: vec![(BEGUN, 2.0 * CLEAR / begun)],
                    value: (BEGUN, 1.0 / begun),
                    write: (AFTER, MARK),
                }),
                l if l + 1 == layers => {
                    let written = CLEAR / (MARK * of(word + 2.0 * marks));
                    let begun = MARK * of(1.0 + 2.0 * marks);
                    let more = (2.0 * CLEAR + HALF.ln()) / begun - written;
                    Some(Look {
                        key: vec![(WRITTEN, written), (AFTER, written), (BEGUN, more)],
                        value: (BEGUN, 1.0 / begun),
                        write: (VERDICT, GAIN),
                    })
                }
                _ => None,
            };
            let at_sound = (layer + 1 == layers).then(|| {
                let loud = SPEECH_SIZE * of(1.0 + SPEECH_SIZE.powi(2) / d as f32);
                let first = FIRST_SIZE.1 * of(FIRST_SIZE.0.powi(2) + FIRST_SIZE.1.powi(2) / d as f32);
                let half = (HALF * POSITIONS_A_SECOND / TOKENS_A_SECOND).ln();
                Look {
                    key: vec![(SPEECH, CLEAR / loud), (FIRST, (CLEAR + half) / first)],
                    value: (FIRST, 1.0 / first),
                    write: (VERDICT, -GAIN),
                }
            });
            self.attention(&format!("{name}attn"), own)?;
            self.attention(&format!("{name}cross_attn"), at_sound)?;
            self.mlp(&name)?;
        }
        // Where the verdict is 0, the stamp is as likely as the next word.
        let even = WORD * d as f32 * of(word + 2.0 * marks);
        self.norm(
            "decoder.ln",
            &|_, values| {
                values[..RESERVED].fill(0.0);
                values[VERDICT] = DECISION;
            },
            &|_, values| values[VERDICT] = -even,
        )
    }

    /// Vectors of size 1 that have little in common, one a position, and nothing in the channels which count.
    fn places(&mut self, count: usize) -> Vec<f32> {
        let mut places = vec![0.0; count * self.d];
        for place in places.chunks_mut(self.d) {
            // As many 1 as -1, so that the norm's mean is 0 for each, in random order (Fisher and Yates).
            let signs = &mut place[RESERVED..];
            signs.iter_mut().enumerate().for_each(|(n, v)| *v = if n % 2 == 0 { 1.0 } else { -1.0 });
            (1..signs.len()).for_each(|n| signs.swap(n, self.chance.between(0, n)));
        }
        places
    }

    fn attention(&mut self, name: &str, look: Option<Look>) -> io::Result<()> {
        let (d, own) = (self.d, 1.0 / root(self.d));
        // The head that looks knows one thing; its query asks for it, always.
        let looks = |pairs: &[(usize, f32)], row: usize, values: &mut [f32]| {
            if look.is_some() && row < HEAD {
                values.fill(0.0);
                if row == 0 {
                    pairs.iter().for_each(|(channel, weight)| values[*channel] = *weight);
                }
            }
        };
        let key = look.as_ref().map_or(&[][..], |l| &l.key);
        let value = look.as_ref().map(|l| l.value);
        let write = look.as_ref().map(|l| l.write);
        let asks = look.is_some();
        self.norm(&format!("{name}_ln"), AS_IT_IS, AS_IT_IS)?;
        self.tensor(&format!("{name}.query.weight"), &[d, d], true, own, &|r, v| looks(&[], r, v))?;
        self.tensor(&format!("{name}.query.bias"), &[d], false, 0.0, &|_, values| {
            // So that the score is the key's: the query times the key is divided by the root of the width.
            values[0] = if asks { root(HEAD) } else { 0.0 };
        })?;
        self.tensor(&format!("{name}.key.weight"), &[d, d], true, own, &|r, v| looks(key, r, v))?;
        self.tensor(&format!("{name}.value.weight"), &[d, d], true, own, &|r, v| {
            looks(value.as_slice(), r, v);
        })?;
        self.tensor(&format!("{name}.value.bias"), &[d], false, 0.0, AS_IT_IS)?;
        self.tensor(&format!("{name}.out.weight"), &[d, d], true, NOISE * own, &|row, values| {
            SILENT(row, values);
            if let Some((channel, weight)) = write
                && channel == row
            {
                values[0] = weight;
            }
        })?;
        self.tensor(&format!("{name}.out.bias"), &[d], false, 0.0, AS_IT_IS)
    }

    fn mlp(&mut self, name: &str) -> io::Result<()> {
        let d = self.d;
        self.norm(&format!("{name}mlp_ln"), AS_IT_IS, AS_IT_IS)?;
        self.tensor(&format!("{name}mlp.0.weight"), &[d, 4 * d], true, 1.0 / root(d), AS_IT_IS)?;
        self.tensor(&format!("{name}mlp.0.bias"), &[4 * d], false, 0.0, AS_IT_IS)?;
        self.tensor(&format!("{name}mlp.2.weight"), &[4 * d, d], true, NOISE / root(2 * d), SILENT)?;
        self.tensor(&format!("{name}mlp.2.bias"), &[d], false, 0.0, AS_IT_IS)
    }

    fn norm(&mut self, name: &str, weight: Edit, bias: Edit) -> io::Result<()> {
        let d = self.d;
        self.tensor(&format!("{name}.weight"), &[d], false, 0.0, &|row, values| {
            values.fill(1.0);
            weight(row, values);
        })?;
        self.tensor(&format!("{name}.bias"), &[d], false, 0.0, bias)
    }

    /// One tensor: its size along each axis, the quickest first; evenly distributed noise of the given deviation; and
    /// what an edit makes of each row (all values along the axes but the last; of a vector, the whole).
    fn tensor(
        &mut self,
        name: &str,
        size: &[usize],
        half: bool,
        deviation: f32,
        edit: Edit,
    ) -> io::Result<()> {
        for n in [size.len(), name.len(), usize::from(half)].iter().chain(size) {
            self.out.write_all(&(*n as i32).to_le_bytes())?;
        }
        self.out.write_all(name.as_bytes())?;
        let rows = if size.len() > 1 { size[size.len() - 1] } else { 1 };
        let wide = size.iter().product::<usize>() / rows;
        // As many different values as fit in 12 bits.
        let table: Vec<f32> =
            (0..4096).map(|n| (n as f32 / 2047.5 - 1.0) * 3.0_f32.sqrt() * deviation).collect();
        let (mut values, mut bytes) = (vec![0.0; wide], Vec::with_capacity(4 * wide));
        for row in 0..rows {
            for five in values.chunks_mut(5) {
                let bits = self.chance.next();
                five.iter_mut().enumerate().for_each(|(n, v)| *v = table[(bits >> (12 * n)) as usize & 4095]);
            }
            edit(row, &mut values);
            bytes.clear();
            if half {
                values.iter().for_each(|v| bytes.extend(half_bits(*v).to_le_bytes()));
            } else {
                values.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
            }
            self.out.write_all(&bytes)?;
        }
        Ok(())
    }
}

/// What one head of an attention looks for, always the same: the score of a position is the sum of its channels with
/// these weights; what it brings is one channel; where it goes is another.
struct Look {
    key: Vec<(usize, f32)>,
    value: (usize, f32),
    write: (usize, f32),
}

fn root(n: usize) -> f32 {
    (n as f32).sqrt()
}

/// The nearest half-precision number (IEEE 754); too small is 0, and nothing here is too large.
fn half_bits(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 16) as u16 & 0x8000;
    let rounded = (bits & 0x7fff_ffff) + 0x1000;
    match rounded.checked_sub(112 << 23) {
        Some(rest) if rest >= 1 << 23 => sign | (rest >> 13).min(0x7bff) as u16,
        _ => sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded() {
        for (value, bits) in
            [(0.0, 0), (1.0, 0x3c00), (-2.0, 0xc000), (0.333_251_95, 0x3555), (65_504.0, 0x7bff), (1e-6, 0)]
        {
            assert_eq!(half_bits(value), bits, "{value}");
        }
    }
}
