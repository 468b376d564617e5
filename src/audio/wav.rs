//! Reads a WAV file of any rate and channels into what a recording is made of. Other forms of sound belong to a later
//! issue and are refused in a sentence.

use super::ToSpeechRate;
use std::path::{Path, PathBuf};

/// Why a sound file was not read.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error(
        "{path} is not a WAV file ({reason}); convert it first, for example with: ffmpeg -i FILE -ar 16000 -ac 1 FILE.wav"
    )]
    NotWav { path: PathBuf, reason: String },
}

/// The sound of a WAV file as mono samples at [`super::SAMPLE_RATE`].
pub fn read_wav(path: &Path) -> Result<Vec<i16>, WavError> {
    let (rate, mono) = read_mono(path)?;
    let not_wav = |reason: String| WavError::NotWav { path: path.to_owned(), reason };
    let mut converter = ToSpeechRate::new(rate).map_err(not_wav)?;
    let mut out = Vec::new();
    converter.push(&mono, &mut out).and_then(|()| converter.finish(&mut out)).map_err(not_wav)?;
    Ok(out)
}

/// The rate of a WAV file and its sound, channels averaged, in -1.0 to 1.0.
fn read_mono(path: &Path) -> Result<(u32, Vec<f32>), WavError> {
    let fail = |e: hound::Error| match e {
        hound::Error::IoError(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => {
            WavError::Read { path: path.to_owned(), source }
        }
        other => WavError::NotWav { path: path.to_owned(), reason: other.to_string() },
    };
    let mut file = hound::WavReader::open(path).map_err(fail)?;
    let spec = file.spec();
    let samples: Vec<f32> = match spec.sample_format {
        hound::SampleFormat::Float => file.samples::<f32>().collect::<Result<_, _>>().map_err(fail)?,
        hound::SampleFormat::Int => {
            let scale = 1.0 / (1_i64 << (spec.bits_per_sample - 1)) as f32;
            file.samples::<i32>()
                .map(|s| s.map(|s| s as f32 * scale))
                .collect::<Result<_, _>>()
                .map_err(fail)?
        }
    };
    let channels = usize::from(spec.channels).max(1);
    let mono = samples.chunks_exact(channels).map(|f| f.iter().sum::<f32>() / channels as f32).collect();
    Ok((spec.sample_rate, mono))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stereo_of_another_rate_is_mixed_and_converted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stereo.wav");
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 48_000,
            bits_per_sample: 24,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        for n in 0..48_000 {
            let wave = ((n as f32 * 0.02).sin() * 2_000_000.0) as i32;
            writer.write_sample(wave).unwrap();
            writer.write_sample(-wave).unwrap();
        }
        writer.finalize().unwrap();
        let sound = read_wav(&path).unwrap();
        assert_eq!(sound.len(), 16_000);
        assert!(sound.iter().all(|s| s.abs() <= 1), "opposite channels cancel");
    }

    #[test]
    fn what_is_not_wav_is_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("voice.opus");
        std::fs::write(&path, b"OggS and so on, which is not RIFF at all").unwrap();
        assert!(read_wav(&path).unwrap_err().to_string().contains("is not a WAV file"));
        let absent = read_wav(&folder.path().join("absent.wav")).unwrap_err().to_string();
        assert!(absent.starts_with("cannot read"), "{absent}");
    }
}
