//! `branchbox model`: which speech models there are, and getting one onto the box, with a network or without.

use crate::config::DataFolder;
use crate::speech::models::{self, Installation, Installed, Manifest, Verdict};
use anyhow::Context;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

/// Arguments of `model`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The box's data folder.
    #[arg(long, global = true, default_value = "/var/lib/branchbox")]
    pub data: PathBuf,
    #[command(subcommand)]
    pub action: Action,
}

/// What `model` can do.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// The known models and which of them are installed.
    List,
    /// Read the installed files and compare them with what they should be.
    Verify,
    /// Get a model from its address in the manifest.
    Fetch { name: String },
    /// Install a model file from this machine.
    Add {
        file: PathBuf,
        /// Its name; by default the manifest's, where the file is one of those.
        #[arg(long)]
        name: Option<String>,
    },
}

/// Does it. A file that is not what it should be is an error.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let folder = DataFolder::new(args.data).models();
    let manifest = Manifest::built_in();
    match args.action {
        Action::List => list(&folder, &manifest),
        Action::Verify => verify(&folder, &manifest),
        Action::Fetch { name } => {
            let known = manifest.get(&name).with_context(|| {
                let names: Vec<_> = manifest.models.iter().map(|m| m.name.as_str()).collect();
                format!("there is no model {name} in the manifest: known are {}", names.join(", "))
            })?;
            let show = std::io::stderr().is_terminal();
            let installed = models::fetch(&folder, known, |bytes| {
                if show {
                    eprint!("\r{:3} %", bytes * 100 / known.bytes.max(1));
                }
            });
            let installed = installed.await?;
            if show {
                eprint!("\r     \r");
            }
            report(&installed)
        }
        Action::Add { file, name } => report(&Installation::add(&folder, &file, name.as_deref(), &manifest)?),
    }
}

fn list(folder: &std::path::Path, manifest: &Manifest) -> anyhow::Result<()> {
    let cannot = || format!("cannot read the folder of models {}", folder.display());
    let installed = models::installed(folder, manifest).with_context(cannot)?;
    let mut out = std::io::stdout().lock();
    for known in &manifest.models {
        let state = if installed.iter().any(|m| m.name == known.name) { "installed" } else { "" };
        let size = known.bytes.div_ceil(1_000_000);
        let languages = known.languages.join(" ");
        writeln!(out, "{:<20} {size:>5} MB  {state:<9}  {languages:<10}  {}", known.name, known.note)?;
    }
    for own in installed.iter().filter(|m| manifest.get(&m.name).is_none()) {
        let size = own.bytes.div_ceil(1_000_000);
        writeln!(out, "{:<20} {size:>5} MB  installed              added from a file", own.name)?;
    }
    if let Some(used) = models::choose(folder, manifest, None).with_context(cannot)? {
        writeln!(out, "{} is used unless the configuration names another (speech.model)", used.name)?;
    } else {
        writeln!(
            out,
            "no speech model is installed: branchbox model fetch NAME, or branchbox model add FILE"
        )?;
    }
    Ok(())
}

fn verify(folder: &std::path::Path, manifest: &Manifest) -> anyhow::Result<()> {
    let cannot = || format!("cannot read the models in {}", folder.display());
    let installed = models::installed(folder, manifest).with_context(cannot)?;
    anyhow::ensure!(
        !installed.is_empty(),
        "no model is installed: branchbox model fetch NAME, or branchbox model add FILE"
    );
    let mut wrong = 0;
    for model in &installed {
        let verdict = match models::verify(model, manifest).with_context(cannot)? {
            Verdict::Genuine => "is the file of the manifest".to_owned(),
            Verdict::Unchanged { sha256 } => {
                format!("is as it was installed; the manifest has no hash for it. sha256 {sha256}")
            }
            Verdict::Unknown { sha256 } => {
                format!("cannot be compared with anything; sha256 {sha256}")
            }
            Verdict::Wrong { expected, found } => {
                wrong += 1;
                format!("is damaged: its sha256 is {found} and should be {expected}; install it again")
            }
        };
        println!("{} {verdict}", model.name);
    }
    anyhow::ensure!(wrong == 0, "{wrong} of {} models are damaged", installed.len());
    Ok(())
}

fn report(installed: &Installed) -> anyhow::Result<()> {
    println!("installed {} as {}", installed.name, installed.path.display());
    if !installed.vouched {
        println!(
            "the manifest has no hash for it, so nobody vouches for this file; its sha256 is {}",
            installed.sha256
        );
    }
    Ok(())
}
