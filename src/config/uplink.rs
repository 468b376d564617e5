//! The section `uplink` of a box's file: what personal data head office gets of this branch. It is the branch's own word:
//! head office cannot set it for a group.

use super::Keys;
use crate::sync::uplink::{Policy, Sound};

/// Takes the section.
pub(super) fn settings(keys: &mut Keys) -> Policy {
    let default = Policy::default();
    Policy {
        agents: keys.switch("uplink.agents", default.agents),
        minutes: keys.switch("uplink.minutes", default.minutes),
        sound: match keys.text("uplink.sound").as_deref() {
            None | Some("none") => Sound::None,
            Some("written") => Sound::Written,
            Some("all") => Sound::All,
            Some(other) => {
                keys.problem(&format!(
                    "uplink.sound: \"{other}\" should be \"none\", \"written\" (meetings to whose recording everybody agreed in writing) or \"all\""
                ));
                Sound::None
            }
        },
    }
}
