//! Who a process is: a token is a certificate of the cluster's own authority, with its key.
//!
//! The authority is made once, in a folder that only its owner reads. It issues tokens for schedulers, workers, and
//! clients of a tenant; each is one file of PEM blocks, to be carried to where it is used like a private key. With them
//! connections are encrypted and both ends know who the other is (TLS 1.3 with certificates on both sides).

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};
use tonic::transport::CertificateDer;
use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};
use webpki::EndEntityCert;

use crate::{Error, Walls};

/// The name that all processes of a cluster answer to, wherever they are.
const NAME: &str = "gristmill";
/// What the authority's certificate is called.
const AUTHORITY: &str = "gristmill authority";
/// The authority's key and certificate, in its folder.
const KEY_FILE: &str = "authority.key";
const CERTIFICATE_FILE: &str = "authority.pem";
/// What stands in a token file before the time until which it is good.
const UNTIL: &str = ", good until ";
/// How much the clocks of a cluster's machines may differ.
const CLOCKS_DIFFER: Duration = Duration::from_secs(300);
/// How long a token is good at most.
const VALID_MAX: Duration = Duration::from_secs(1000 * 365 * 24 * 3600);
/// How long a scheduler's token is good that its authority makes as it starts.
pub const SCHEDULER_VALID: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
/// Characters of a tenant's name, at most: those of a label in a name of the internet.
const TENANT_LEN_MAX: usize = 63;
/// What the secret of a cluster is derived from its authority's key for.
const SECRET: &str = "gristmill 2026-11-28 secret of a cluster";
/// Bytes of a token file that are read at most.
const TOKEN_NBYTES_MAX: u64 = 64 << 10;

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bearer {
    /// A scheduler's.
    Scheduler,
    /// A worker's.
    Worker,
    /// That of those who look after the cluster.
    Admin,
    /// That of clients of this tenant.
    Client(String),
}

impl Bearer {
    fn kind(&self) -> &'static str {
        match self {
            Self::Scheduler => "scheduler",
            Self::Worker => "worker",
            Self::Admin => "admin",
            Self::Client(_) => "client",
        }
    }

    /// The name in a certificate that says whose it is.
    fn name(&self) -> String {
        match self {
            Self::Client(tenant) => format!("{tenant}.{}.{NAME}", self.kind()),
            other => format!("{}.{NAME}", other.kind()),
        }
    }

    /// Whose certificate it is, if it is one of ours.
    fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let certificate = EndEntityCert::try_from(certificate).ok()?;
        let mut names =
            certificate.valid_dns_names().filter_map(|name| name.strip_suffix(NAME)?.strip_suffix('.'));
        match names.next()? {
            "scheduler" => Some(Self::Scheduler),
            "worker" => Some(Self::Worker),
            "admin" => Some(Self::Admin),
            client => client.strip_suffix(".client").map(|tenant| Self::Client(tenant.to_owned())),
        }
    }
}

impl fmt::Display for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(tenant) => write!(f, "client of tenant `{tenant}`"),
            other => f.write_str(other.kind()),
        }
    }
}

/// Who a process is, and whom it trusts.
#[derive(Clone)]
pub struct Token {
    certificate: String,
    key: String,
    authority: String,
    /// Until when it is good, if it says so: for people, as the certificate is what counts.
    until: Option<SystemTime>,
    /// A scheduler's that the authority has made in its own process.
    walls: Walls,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Token {
    /// Reads a token file.
    ///
    /// # Errors
    /// [`Error::Token`] when it cannot be read, or is none.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |reason: String| Error::Token { path: path.to_owned(), reason };
        let nbytes = fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
        if nbytes > TOKEN_NBYTES_MAX {
            return Err(failed(format!("it has {nbytes} B, and a token has fewer")));
        }
        let text = fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let (said, _) = text.split_once("-----BEGIN ").unwrap_or_default();
        let until = said.trim().rsplit_once(UNTIL);
        let until = until.and_then(|(_, until)| Some(DateTime::parse_from_rfc3339(until).ok()?.into()));
        let blocks: Vec<String> = text
            .split("-----BEGIN ")
            .skip(1)
            .map(|block| format!("-----BEGIN {}\n", block.trim_end()))
            .collect();
        match <[String; 3]>::try_from(blocks) {
            Ok([certificate, key, authority]) if key.contains("PRIVATE KEY") => {
                Ok(Self { certificate, key, authority, until, walls: Walls::default() })
            }
            _ => Err(failed(
                "it does not hold a certificate, its key and the authority's certificate".to_owned(),
            )),
        }
    }

    /// What keeps tenants apart, if this is a scheduler's token.
    #[must_use]
    pub fn walls(&self) -> Walls {
        self.walls
    }

    fn identity(&self) -> Identity {
        Identity::from_pem(&self.certificate, &self.key)
    }

    pub(crate) fn server(&self) -> ServerTlsConfig {
        ServerTlsConfig::new()
            .identity(self.identity())
            .client_ca_root(Certificate::from_pem(&self.authority))
    }

    pub(crate) fn client(&self) -> ClientTlsConfig {
        let authority = Certificate::from_pem(&self.authority);
        ClientTlsConfig::new().identity(self.identity()).ca_certificate(authority).domain_name(NAME)
    }

    /// Refuses one that is not good any more.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.until {
            Some(until) if until < SystemTime::now() => Err(Error::Expired { until: said(until) }),
            _ => Ok(()),
        }
    }

    fn text(&self, bearer: &Bearer) -> String {
        let until = self.until.map(said).unwrap_or_default();
        let about = format!("gristmill token of a {bearer}{UNTIL}{until}\n");
        [&about, &*self.certificate, &*self.key, &*self.authority].concat()
    }
}

fn said(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Who has called, by the certificates of a connection. `None` on one that is not encrypted, where nobody is asked.
///
/// # Errors
/// That it is nobody of this cluster.
pub(crate) fn caller<T>(request: &tonic::Request<T>) -> Result<Option<Bearer>, String> {
    let Some(certificates) = request.peer_certs() else { return Ok(None) };
    let bearer = certificates.first().and_then(|certificate| Bearer::of(certificate));
    bearer.map(Some).ok_or_else(|| "the certificate is no token of a cluster".to_owned())
}

/// The authority of a cluster.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    key: KeyPair,
    certificate: String,
}

impl Authority {
    /// The authority in a folder, made now if there is none.
    ///
    /// # Errors
    /// [`Error::Token`] when the folder cannot be read or written.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let (key_path, certificate_path) = (folder.join(KEY_FILE), folder.join(CERTIFICATE_FILE));
        if !key_path.exists() {
            return Self::make(folder);
        }
        let read = |path: &Path| fs::read_to_string(path).map_err(|error| failed(path)(&error));
        let key = KeyPair::from_pem(&read(&key_path)?).map_err(|error| failed(&key_path)(&error))?;
        Ok(Self { folder: folder.to_owned(), key, certificate: read(&certificate_path)? })
    }

    fn make(folder: &Path) -> Result<Self, Error> {
        let no_folder = failed(folder);
        make_private_folder(folder).map_err(|error| no_folder(&error))?;
        let key = KeyPair::generate().map_err(|error| no_folder(&error))?;
        let certificate = authority_params().self_signed(&key).map_err(|error| no_folder(&error))?.pem();
        write_private(&folder.join(CERTIFICATE_FILE), &certificate)?;
        // Last, as it says that there is an authority.
        write_private(&folder.join(KEY_FILE), &key.serialize_pem())?;
        Ok(Self { folder: folder.to_owned(), key, certificate })
    }

    /// Issues a token that is good from now on for so long, rounded up to seconds.
    ///
    /// # Errors
    /// [`Error::Token`] for a tenant whose name is none.
    pub fn issue(&self, bearer: &Bearer, valid: Duration) -> Result<Token, Error> {
        let refused = failed(&self.folder);
        if let Bearer::Client(tenant) = bearer {
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if tenant.is_empty() || tenant.len() > TENANT_LEN_MAX || !tenant.chars().all(is_name) {
                let limit = format!("at most {TENANT_LEN_MAX} of a-z, 0-9 and -");
                return Err(refused(&format!("`{tenant}` is no name of a tenant: {limit}")));
            }
        }
        // A client's token is of no use to whoever wants to be taken for a scheduler or a worker.
        let serves = matches!(bearer, Bearer::Scheduler | Bearer::Worker);
        let names = [bearer.name()].into_iter().chain(serves.then(|| NAME.to_owned())).collect::<Vec<_>>();
        let mut params = CertificateParams::new(names).map_err(|error| refused(&error))?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, bearer.name());
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let now = SystemTime::now();
        // Clocks of machines differ a little.
        params.not_before = (now - CLOCKS_DIFFER).into();
        // Certificates know no years of more digits.
        let until = now + valid.min(VALID_MAX);
        params.not_after = until.into();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if serves {
            params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        let key = KeyPair::generate().map_err(|error| refused(&error))?;
        let issuer = Issuer::new(authority_params(), &self.key);
        let certificate = params.signed_by(&key, &issuer).map_err(|error| refused(&error))?;
        Ok(Token {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            authority: self.certificate.clone(),
            until: Some(until),
            walls: match bearer {
                Bearer::Scheduler => self.walls(),
                _ => Walls::default(),
            },
        })
    }

    /// The same each time that a scheduler is started: what workers have brought along keeps its names.
    fn walls(&self) -> Walls {
        Walls::from_secret(blake3::derive_key(SECRET, self.key.serialized_der()))
    }

    /// Issues a token and writes it to a file that only its owner reads.
    ///
    /// # Errors
    /// As [`Authority::issue`], and when the file cannot be written or is there already.
    pub fn issue_to(&self, bearer: &Bearer, valid: Duration, path: &Path) -> Result<(), Error> {
        write_private(path, &self.issue(bearer, valid)?.text(bearer))
    }
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, AUTHORITY);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn failed(path: &Path) -> impl Fn(&dyn fmt::Display) -> Error + use<> {
    let path = path.to_owned();
    move |reason| Error::Token { path: path.clone(), reason: reason.to_string() }
}

fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

fn write_private(path: &Path, text: &str) -> Result<(), Error> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| failed(path)(&error))
}
