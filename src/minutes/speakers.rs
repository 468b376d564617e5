//! Who is likely speaking, the client's side or the agent's: nobody says so, but words of each side and the habit of
//! taking turns tell. A hidden Markov model of two states over the lines, decoded forward and backward (Rabiner 1989).
//! Pure.

use super::line::Line;
use super::talk::talk_cues;

/// How likely the next line is the other side's: people take turns, though a thought may go on over lines.
const TURN: f64 = 0.72;
/// How many times likelier a word of a side is on that side than on the other.
const TELLING: f64 = 2.0;
/// A single line tells no more than this.
const MOST: f64 = 12.0;

/// For each line how likely it is the client's, from 0 to 1.
pub(super) fn clients(lines: &[&Line]) -> Vec<f64> {
    let odds: Vec<f64> = lines.iter().map(|line| odds(line)).collect();
    let n = odds.len();
    let mut forward = vec![0.5; n];
    let mut prior = 0.5;
    for i in 0..n {
        forward[i] = update(prior, odds[i]);
        prior = passed_on(forward[i]);
    }
    let mut out = forward.clone();
    let mut later = 1.0; // how much likelier the lines after are if this one is the client's
    for i in (0..n).rev() {
        out[i] = update(forward[i], later);
        let (client, agent) = (odds[i] * later, 1.0);
        later = ((1.0 - TURN) * client + TURN * agent) / (TURN * client + (1.0 - TURN) * agent);
    }
    out
}

fn passed_on(p: f64) -> f64 {
    p * (1.0 - TURN) + (1.0 - p) * TURN
}

fn update(p: f64, odds: f64) -> f64 {
    let client = p * odds;
    client / (client + 1.0 - p)
}

/// How many times likelier a line is the client's than the agent's.
fn odds(line: &Line) -> f64 {
    let patron = line.find(&talk_cues().patron, &line.all()).len() as f64;
    let agent = line.find(&talk_cues().agent, &line.all()).len() as f64 + f64::from(u8::from(line.asks));
    TELLING.powf(patron - agent).clamp(1.0 / MOST, MOST)
}
