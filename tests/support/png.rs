//! Real PNGs, made here: 8 bits a channel, no filter (W3C Portable Network Graphics, third edition).

use flate2::{Compression, Crc, write::ZlibEncoder};
use std::io::Write;

/// A picture, `paint` giving red, green and blue of each pixel.
pub fn png(width: u32, height: u32, paint: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]);
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::fast());
    for y in 0..height {
        let row: Vec<u8> = std::iter::once(0).chain((0..width).flat_map(|x| paint(x, y))).collect();
        pixels.write_all(&row).expect("a vector takes everything");
    }
    let pixels = pixels.finish().expect("a vector takes everything");
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, body) in [(b"IHDR", header.as_slice()), (b"IDAT", &pixels), (b"IEND", &[])] {
        bytes.extend((body.len() as u32).to_be_bytes());
        let mut crc = Crc::new();
        crc.update(kind);
        crc.update(body);
        bytes.extend(kind);
        bytes.extend(body);
        bytes.extend(crc.sum().to_be_bytes());
    }
    bytes
}

/// Noise, which does not pack: a picture of about `width` × `height` × 3 bytes.
pub fn noise(width: u32, height: u32, seed: u32) -> Vec<u8> {
    png(width, height, |x, y| {
        let mut n = (y * width + x).wrapping_mul(0x9e37_79b9) ^ seed.wrapping_mul(0x85eb_ca6b);
        n ^= n >> 15;
        n = n.wrapping_mul(0x2c1b_3c6d);
        n ^= n >> 12;
        n = n.wrapping_mul(0x297a_2d39);
        n ^= n >> 15;
        [n as u8, (n >> 8) as u8, (n >> 16) as u8]
    })
}
