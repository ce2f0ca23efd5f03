//! `formwork test`.

use super::{
    Outcome, Trouble, check, in_browser::InBrowser, over_http::OverHttp, packages, print_json,
    print_line, serve::publish_builtin,
};
use clap::{Args, ValueEnum};
use futures::{StreamExt as _, stream};
use model::{Name, Package, Ref, read, story::Story};
use runtime::{
    Clock, Options, Site,
    story::{self, Direct, Stage},
};
use serde::Serialize;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

#[derive(Args)]
pub struct Test {
    /// Package folders, or folders of packages
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// On which stages, with commas; left out: sqlite, http, and postgres where --postgres says
    /// where
    #[arg(long, value_name = "STAGES", value_enum, value_delimiter = ',')]
    on: Vec<On>,
    /// A database of a PostgreSQL server; every story gets one of its own beside it
    #[arg(
        long,
        env = "FORMWORK_TEST_PG",
        value_name = "URL",
        hide_env_values = true
    )]
    postgres: Option<String>,
    /// The script for Node.js that drives the browser: designer/browser/player.mjs of the sources
    #[arg(
        long,
        value_name = "FILE",
        default_value = "designer/browser/player.mjs"
    )]
    player: PathBuf,
    /// Serve the web app from this folder instead of the one in the program
    #[arg(long, env = "FORMWORK_DESIGNER_DIST", value_name = "DIR")]
    web: Option<PathBuf>,
    /// Only stories whose `package/story` holds this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// The packages given and no others: without the builtin modules beneath
    #[arg(long)]
    alone: bool,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
}

/// Where a story is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
enum On {
    Sqlite,
    Postgres,
    Http,
    /// Only the stories marked for it, those a person would show
    Browser,
}

/// How one story, or one row of its table, came out.
#[derive(Serialize)]
struct Played {
    story: String,
    on: On,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<usize>,
    millis: u64,
    /// What did not come out as it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Test {
    pub async fn run(self) -> Outcome {
        let given = packages(&self.paths)?;
        let mut on = self.on.clone();
        if on.is_empty() {
            on = vec![On::Sqlite, On::Http];
            if self.postgres.is_some() {
                on.insert(1, On::Postgres);
            }
        }
        if on.contains(&On::Postgres) && self.postgres.is_none() {
            let say = "--on postgres needs --postgres URL or FORMWORK_TEST_PG";
            return Err(Trouble::Usage(say.into()));
        }
        if let Err(problems) = runtime::folder::check(&given, &check::beneath(self.alone)?) {
            check::tell(&problems)?;
            return Err(Trouble::Problems);
        }
        let postgres = self.postgres.filter(|_| on.contains(&On::Postgres));
        let (player, app) = (self.player, self.web);
        let web = Web { player, app };
        let house = Arc::new(House::build(given.clone(), self.alone, postgres, web).await?);
        let mut parts = vec![];
        for (name, files) in &given {
            // It has just been checked.
            let Ok(package) = read::package(name, files) else {
                continue;
            };
            for (story_name, story) in &package.stories {
                let title = format!("{name}/{story_name}");
                if self
                    .only
                    .as_ref()
                    .is_some_and(|only| !title.contains(only.as_str()))
                {
                    continue;
                }
                let rows: Vec<Option<usize>> = match &story.table {
                    Some(table) => (0..table.rows.len()).map(Some).collect(),
                    None => vec![None],
                };
                let story = Arc::new(story.clone());
                for on in on.iter().filter(|on| **on != On::Browser || story.browser) {
                    let part = |row| (title.clone(), story.clone(), *on, row);
                    parts.extend(rows.iter().copied().map(part));
                }
            }
        }
        let cores = std::thread::available_parallelism()?.get();
        let mut playing = stream::iter(parts)
            .map(|(title, story, on, row)| {
                let house = house.clone();
                tokio::spawn(async move { house.play(&title, &story, on, row).await })
            })
            .buffered(cores);
        let mut played = vec![];
        while let Some(one) = playing.next().await {
            let one = one.map_err(|e| Trouble::Failed(e.to_string()))??;
            if !self.json {
                tell(&one)?;
            }
            played.push(one);
        }
        drop(playing);
        house.leave().await?;
        let failed = played.iter().filter(|p| p.problem.is_some()).count();
        if self.json {
            print_json(&played)?;
        } else {
            print_line(&format!(
                "{} passed, {failed} failed",
                played.len() - failed
            ))?;
        }
        if failed == 0 {
            Ok(())
        } else {
            Err(Trouble::Problems)
        }
    }
}

/// One line a story.
fn tell(one: &Played) -> Outcome {
    let mark = if one.problem.is_some() {
        "FAIL"
    } else {
        "ok  "
    };
    let row = one
        .row
        .map(|n| format!(" row {}", n + 1))
        .unwrap_or_default();
    let on = format!("{:?}", one.on).to_lowercase();
    print_line(&format!(
        "{mark} {}{row} on {on}, {} ms",
        one.story, one.millis
    ))?;
    match &one.problem {
        Some(problem) => print_line(&format!("     {problem}")),
        None => Ok(()),
    }
}

/// A site with everything published, made once, of which every story gets a copy.
struct House {
    folder: tempfile::TempDir,
    given: Vec<(Name, read::Files)>,
    /// Whether nothing stands beneath them.
    alone: bool,
    /// Which form a make leads to.
    makes: Vec<(Ref, Ref)>,
    postgres: Option<Server>,
    web: Web,
    sites: AtomicU64,
}

/// What a story in the browser needs.
struct Web {
    player: PathBuf,
    /// A folder with the web app, instead of the one in the program.
    app: Option<PathBuf>,
}

/// A PostgreSQL server on which everything is published once too.
struct Server {
    /// Any database of it.
    url: String,
    /// The database that every story's is a copy of.
    published: String,
}

impl House {
    async fn build(
        given: Vec<(Name, read::Files)>,
        alone: bool,
        postgres: Option<String>,
        web: Web,
    ) -> Result<Self, Trouble> {
        let folder = tempfile::tempdir()?;
        let makes = makes(&given, alone);
        let published = format!("published_{}", std::process::id());
        let house = Self {
            folder,
            given,
            alone,
            makes,
            postgres: postgres.map(|url| Server { url, published }),
            web,
            sites: AtomicU64::new(0),
        };
        house.publish(house.options("published", None)?).await?;
        if let Some(server) = &house.postgres {
            let name = &server.published;
            let url = story::create_database(&server.url, name, None).await?;
            house.publish(house.options(name, Some(url))?).await?;
        }
        Ok(house)
    }

    /// Removes what the server keeps for it; the folder goes by itself.
    async fn leave(&self) -> Outcome {
        if let Some(server) = &self.postgres {
            story::drop_database(&server.url, &server.published).await?;
        }
        Ok(())
    }

    fn options(&self, name: &str, database: Option<String>) -> Result<Options, Trouble> {
        let data = self.folder.path().join(name);
        let mut options = Options::folder(data, std::env::current_exe()?);
        // A database for tests need not survive the machine.
        options.allow_unsafe = database.is_some();
        options.database = database;
        Ok(options)
    }

    async fn publish(&self, options: Options) -> Outcome {
        let site = Site::open(options).await?;
        let done = async {
            if !self.alone {
                publish_builtin(&site).await?;
            }
            site.publish(None, self.given.clone(), false).await?;
            site.load_demo_masters().await?;
            Ok(())
        };
        let done = done.await;
        site.close().await;
        done
    }

    /// A site of a story's own with this name, by a clock that stands on its day.
    async fn site(&self, name: &str, on: On, clock: Clock) -> Result<Site, Trouble> {
        let (published, database) = match (on, &self.postgres) {
            (On::Postgres, Some(server)) => {
                let like = server.published.as_str();
                let url = story::create_database(&server.url, name, Some(like)).await?;
                (like, Some(url))
            }
            _ => ("published", None),
        };
        let mut options = self.options(name, database)?;
        copy(&self.folder.path().join(published), &options.data)?;
        options.clock = clock;
        Ok(Site::open(options).await?)
    }

    /// Gives back what a story's site stood on.
    async fn clear(&self, name: &str, on: On) -> Outcome {
        fs::remove_dir_all(self.folder.path().join(name))?;
        if let (On::Postgres, Some(server)) = (on, &self.postgres) {
            story::drop_database(&server.url, name).await?;
        }
        Ok(())
    }

    async fn play(
        &self,
        title: &str,
        story: &Story,
        on: On,
        row: Option<usize>,
    ) -> Result<Played, Trouble> {
        let began = Instant::now();
        let today = &story.given.today;
        let day = today
            .parse()
            .map_err(|_| Trouble::Failed(format!("{title}: {today} is no day")))?;
        let clock = Clock::fixed(day, 1);
        let nth = self.sites.fetch_add(1, Ordering::Relaxed);
        let name = format!("story_{}_{nth}", std::process::id());
        let site = self.site(&name, on, clock).await?;
        let direct = Direct::new(site.clone());
        let makes = |make: &Ref| {
            self.makes
                .iter()
                .find(|(known, _)| known == make)
                .map(|(_, to)| to.clone())
        };
        let told = if matches!(on, On::Http | On::Browser) {
            let listen = ([127, 0, 0, 1], 0).into();
            let options = server::Options {
                web: self.web.app.clone(),
                ..server::Options::default()
            };
            let running = server::start(site.clone(), listen, options).await?;
            let http = OverHttp::new(&direct, site.clone(), running.address);
            let told = if on == On::Browser {
                let page = InBrowser::new(&http, &self.web.player, running.address)?;
                let told = story::tell(&page, story, row, &makes).await;
                page.leave().await?;
                told
            } else {
                story::tell(&http, story, row, &makes).await
            };
            running.stop().await;
            told
        } else {
            story::tell(&direct as &dyn Stage, story, row, &makes).await
        };
        drop(direct);
        site.close().await;
        self.clear(&name, on).await?;
        Ok(Played {
            story: title.into(),
            on,
            row,
            millis: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            problem: told.err().map(|failed| failed.to_string()),
        })
    }
}

/// Where each make of the given packages leads, and of the builtin ones beneath them.
fn makes(given: &[(Name, read::Files)], alone: bool) -> Vec<(Ref, Ref)> {
    let beneath = match alone {
        true => vec![],
        false => server::builtin::packages(),
    };
    let all = given.iter().cloned().chain(beneath);
    let read = all.filter_map(|(name, files)| read::package(&name, &files).ok());
    read.flat_map(|p: Package| p.makes.into_values())
        .map(|make| (make.name.clone(), make.to.clone()))
        .collect()
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
