//! A set of rows as one bit a row. The sets of several conditions meet word by word, and counting is counting bits.

/// Some of `rows` rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    rows: usize,
}

impl Bits {
    /// No row of `rows`.
    pub fn none(rows: usize) -> Self {
        Self { words: vec![0; rows.div_ceil(64)], rows }
    }

    /// Every row of `rows`.
    pub fn all(rows: usize) -> Self {
        let mut bits = Self { words: vec![u64::MAX; rows.div_ceil(64)], rows };
        bits.trim();
        bits
    }

    /// The rows of `rows` that are of a kind.
    pub fn of(rows: usize, kind: impl Fn(usize) -> bool) -> Self {
        let word = |i: usize| {
            let its = i * 64..rows.min(i * 64 + 64);
            its.fold(0, |word, row| word | u64::from(kind(row)) << (row % 64))
        };
        Self { words: (0..rows.div_ceil(64)).map(word).collect(), rows }
    }

    /// Clears what is beyond the last row.
    fn trim(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.rows % 64) {
            *last &= (1 << rest) - 1;
        }
    }

    /// How many rows there are to be in the set or not.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row.
    pub fn insert(&mut self, row: u32) {
        self.words[row as usize / 64] |= 1 << (row % 64);
    }

    /// Keeps the rows that are in `other` too.
    pub fn keep(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    /// Takes the rows of `other` out.
    pub fn subtract(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    /// Takes the rows of `other` in.
    pub fn add(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    /// How many rows.
    pub fn count(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    /// How many rows are here and not in `other`.
    pub fn count_without(&self, other: &Self) -> usize {
        self.words.iter().zip(&other.words).map(|(a, b)| (a & !b).count_ones() as usize).sum()
    }

    /// Takes in the rows of `some` that are not in `other`.
    pub fn add_without(&mut self, some: &Self, other: &Self) {
        let pairs = some.words.iter().zip(&other.words);
        self.words.iter_mut().zip(pairs).for_each(|(a, (b, c))| *a |= b & !c);
    }

    /// The rows, first to last.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.words.iter().enumerate().flat_map(|(i, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                (left != 0).then(|| {
                    left &= left - 1;
                    i as u32 * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;

    #[test]
    fn sets_meet_join_and_part() {
        let of = |rows: &[u32]| {
            let mut bits = Bits::none(130);
            rows.iter().for_each(|&r| bits.insert(r));
            bits
        };
        let (a, b) = (of(&[0, 63, 64, 129]), of(&[63, 100, 129]));
        let rows = |change: fn(&mut Bits, &Bits)| {
            let mut bits = a.clone();
            change(&mut bits, &b);
            bits.iter().collect::<Vec<_>>()
        };
        assert_eq!(rows(Bits::keep), [63, 129]);
        assert_eq!(rows(Bits::subtract), [0, 64]);
        assert_eq!(rows(Bits::add), [0, 63, 64, 100, 129]);
        assert_eq!((a.count(), a.count_without(&b)), (4, 2));
        let mut rest = of(&[1]);
        rest.add_without(&a, &b);
        assert_eq!(rest, of(&[0, 1, 64]));
        for rows in [0, 1, 63, 64, 65] {
            assert_eq!(Bits::all(rows).count(), rows);
            assert_eq!(Bits::all(rows).iter().count(), rows);
        }
    }
}
