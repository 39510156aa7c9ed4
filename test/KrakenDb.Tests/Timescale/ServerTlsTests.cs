using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using KrakenDb.Tests.Cli;
using KrakenDb.Timescale;
using Shouldly;
using Xunit;

namespace KrakenDb.Tests.Timescale;

/// <summary>A server that takes TLS alone, with a certificate of a root of its own that is made out to <c>localhost</c>.</summary>
public sealed class ServerTlsTests(ServerTlsTests.TlsServer server) : IClassFixture<ServerTlsTests.TlsServer>
{
    [Theory]
    [InlineData("localhost", "prefer")]
    [InlineData("127.0.0.1", "require")]
    public async Task Without_verification_any_certificate_will_do(string host, string mode)
    {
        var settings = PostgresUrl.Parse(server.Url(host, mode), _ => null);

        await using var store = await TimescaleMarketStore.OpenAsync(settings, new TimescaleOptions(), default);

        (await store.GetStatusAsync()).Engine.ShouldBe("PostgreSQL");
        await using var source = Npgsql.NpgsqlDataSource.Create(settings);
        await using var command = source.CreateCommand("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
        (await command.ExecuteScalarAsync()).ShouldBe(true);
    }

    [Fact]
    public async Task The_servers_root_proves_the_host()
    {
        (await RunAsync("localhost", "verify-full", server.Root)).ExitCode.ShouldBe(0);
        (await RunAsync("127.0.0.1", "verify-ca", server.Root)).ExitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("verify-full")]
    [InlineData("verify-ca")]
    public async Task A_certificate_of_no_known_root_is_refused(string mode)
    {
        var run = await RunAsync("localhost", mode, root: null);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain($"@localhost:{server.Port}/postgres: the server's certificate is not trusted (");
        run.Error.ShouldContain($"With sslmode={mode} it must come from one of the system's roots: name the server's own root certificate with sslrootcert=FILE");
        run.Error.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_certificate_of_another_root_is_refused()
    {
        var run = await RunAsync("localhost", "verify-full", server.StrangersRoot);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain($"it must come from the root in sslrootcert={server.StrangersRoot}");
    }

    [Fact]
    public async Task A_certificate_that_is_made_out_to_another_host_is_refused()
    {
        var run = await RunAsync("127.0.0.1", "verify-full", server.Root);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("and be made out to '127.0.0.1', the host of the URL");
        run.Error.ShouldContain($"openssl s_client -starttls postgres -connect 127.0.0.1:{server.Port}");
    }

    [Fact]
    public async Task A_connection_without_TLS_reads_which_option_to_change()
    {
        var run = await RunAsync("127.0.0.1", "disable", root: null);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("pg_hba.conf");
        run.Error.ShouldContain("give sslmode=require in place of sslmode=disable");
    }

    [Fact]
    public async Task A_root_certificate_that_is_not_there_is_named()
    {
        var run = await RunAsync("localhost", "verify-full", server.Root + ".missing");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("a certificate of the URL cannot be read");
        run.Error.ShouldContain("root.pem.missing");
    }

    [Fact]
    public async Task A_server_without_TLS_is_no_server_for_who_requires_it()
    {
        var url = PostgresServer.Shared().Url().Replace("sslmode=disable", "sslmode=require", StringComparison.Ordinal);

        var run = await ProgramRun.OnAsync(store: null, clock: null, "db", "init", "--db-url", url);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("the server has no TLS and sslmode=require asks for it");
    }

    private Task<ProgramRun> RunAsync(string host, string mode, string? root) => ProgramRun.OnAsync(store: null, clock: null, "db", "init", "--db-url", server.Url(host, mode, root));

    public sealed class TlsServer : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly PostgresServer _server;

        public TlsServer()
        {
            using var root = MakeRoot("krakendb test root");
            using var stranger = MakeRoot("krakendb test stranger");
            File.WriteAllText(Root, root.ExportCertificatePem());
            File.WriteAllText(StrangersRoot, stranger.ExportCertificatePem());
            _server = PostgresServer.StartOwn("-c fsync=off -c ssl=on", data => Prepare(data, root));
        }

        public int Port => _server.Port;

        public string Root => _folder["root.pem"];

        public string StrangersRoot => _folder["stranger.pem"];

        public string Url(string host, string mode, string? root = null) => $"postgresql://kraken:secret@{host}:{Port}/postgres?sslmode={mode}{(root is null ? "" : $"&sslrootcert={root}")}";

        public void Dispose()
        {
            _server.Dispose();
            _folder.Dispose();
        }

        private static X509Certificate2 MakeRoot(string name)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
            return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        }

        private static void Prepare(string data, X509Certificate2 root)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            request.CertificateExtensions.Add(names.Build());
            using var certificate = request.Create(root, new DateTimeOffset(root.NotBefore), new DateTimeOffset(root.NotAfter), [1]);
            File.WriteAllText(Path.Combine(data, "server.crt"), certificate.ExportCertificatePem());
            var keyFile = Path.Combine(data, "server.key");
            File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            // Tests of a closed door come by TCP; pg_ctl's own look is content with any answer.
            File.WriteAllText(Path.Combine(data, "pg_hba.conf"), "hostssl all all all scram-sha-256\n");
        }
    }
}
