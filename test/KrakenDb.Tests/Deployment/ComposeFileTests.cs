using System.Text.RegularExpressions;
using KrakenDb.Tests.House;
using Shouldly;
using Xunit;
using YamlDotNet.Serialization;

namespace KrakenDb.Tests.Deployment;

/// <summary>docker-compose.yml as a parsed file. What only Docker can tell (that the images run) is not shown here; docs/deployment.md says so.</summary>
public sealed class ComposeFileTests
{
    private static readonly string Text = File.ReadAllText(Repository.PathOf("docker-compose.yml"));
    private static readonly Dictionary<object, object> Compose = new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(Text);

    [Fact]
    public void The_services_are_the_documents()
    {
        Map(Compose, "services").Keys.Order().ShouldBe(["ingester", "pgadmin", "timescaledb"]);
        Map(Compose, "volumes").Keys.Cast<string>().ShouldBe(["timescaledb_data", "pgadmin_data", "ingester_data"], ignoreOrder: true);
        Map(Map(Compose, "networks"), "default")["name"].ShouldBe("kraken_network");
        Service("timescaledb")["image"].ShouldBe("timescale/timescaledb:latest-pg15");
        Service("timescaledb")["container_name"].ShouldBe("kraken_timescaledb");
        Service("pgadmin")["image"].ShouldBe("dpage/pgadmin4:latest");
        Service("pgadmin")["container_name"].ShouldBe("kraken_pgadmin");
        Service("ingester")["container_name"].ShouldBe("kraken_ingester");
        Names("timescaledb", "pgadmin", "ingester").ShouldAllBe(service => Equals(service["restart"], "unless-stopped"));
    }

    [Fact]
    public void Only_the_database_starts_without_a_profile()
    {
        Service("timescaledb").ShouldNotContainKey("profiles");
        List(Service("pgadmin"), "profiles").ShouldBe(["tools"]);
        List(Service("ingester"), "profiles").ShouldBe(["ingester"]);
    }

    [Fact]
    public void The_database_has_the_documents_settings_and_room_for_years_of_chunks()
    {
        var command = List(Service("timescaledb"), "command");
        command[0].ShouldBe("postgres");
        command.Skip(1).Where((_, index) => index % 2 == 0).ShouldAllBe(word => word == "-c");
        command.Skip(1).Where((_, index) => index % 2 == 1).ShouldBe(
        [
            "shared_preload_libraries=timescaledb",
            "timescaledb.max_background_workers=8",
            "max_parallel_workers_per_gather=4",
            "max_worker_processes=16",
            "shared_buffers=2GB",
            "effective_cache_size=6GB",
            "maintenance_work_mem=512MB",
            "work_mem=64MB",
            "wal_buffers=64MB",
            "checkpoint_completion_target=0.9",
            "random_page_cost=1.1",
            "max_locks_per_transaction=1024",
        ]);
        var environment = Map(Service("timescaledb"), "environment");
        (environment["POSTGRES_USER"], environment["POSTGRES_DB"], environment["TIMESCALEDB_TELEMETRY"]).ShouldBe(("trading", "kraken_data", "off"));
        List(Service("timescaledb"), "volumes").ShouldBe(["timescaledb_data:/var/lib/postgresql/data"]);
    }

    [Fact]
    public void The_database_is_healthy_when_it_answers_by_tcp()
    {
        var check = Map(Service("timescaledb"), "healthcheck");
        List(check, "test").ShouldBe(["CMD-SHELL", "pg_isready -h 127.0.0.1 -U trading -d kraken_data"]);
        (check["interval"], check["timeout"], check["retries"]).ShouldBe(("10s", "5s", "5"));
        foreach (var service in Names("pgadmin", "ingester"))
        {
            Map(Map(service, "depends_on"), "timescaledb")["condition"].ShouldBe("service_healthy");
        }
    }

    [Fact]
    public void Ports_are_bound_to_loopback() =>
        Map(Compose, "services").Values.Cast<Dictionary<object, object>>().Where(service => service.ContainsKey("ports")).SelectMany(service => List(service, "ports"))
            .ShouldBe(["127.0.0.1:5432:5432", "127.0.0.1:5050:80"], ignoreOrder: true);

    [Fact]
    public void No_secret_has_a_default_and_the_database_does_not_start_without_one()
    {
        // ${NAME:?message} ends compose where NAME is unset or empty; ${NAME:-} stays empty.
        var values = Regex.Matches(Text, @"\$\{(?<name>[A-Z_]+)(?<rest>[^}]*)\}", RegexOptions.ExplicitCapture).ToLookup(match => match.Groups["name"].Value, match => match.Groups["rest"].Value, StringComparer.Ordinal);
        values["DB_PASSWORD"].ShouldAllBe(rest => rest.StartsWith(":?", StringComparison.Ordinal));
        values["DB_PASSWORD"].Count().ShouldBe(2);
        foreach (var secret in new[] { "PGADMIN_PASSWORD", "KRAKEN_API_KEY", "KRAKEN_API_SECRET" })
        {
            values[secret].ShouldBe([":-"]);
        }

        Map(Service("timescaledb"), "environment")["POSTGRES_PASSWORD"].ShouldBeOfType<string>().ShouldStartWith("${DB_PASSWORD:?");
        Map(Service("pgadmin"), "environment")["PGADMIN_DEFAULT_PASSWORD"].ShouldBe("${PGADMIN_PASSWORD:-}");
        Map(Service("ingester"), "environment")["DATABASE_URL"].ShouldBe("postgresql://trading@timescaledb:5432/kraken_data");
        Text.ShouldNotContain("changeme");
    }

    [Fact]
    public void The_example_environment_names_every_variable_and_no_secret()
    {
        var lines = File.ReadLines(Repository.PathOf(".env.example")).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
        var used = Regex.Matches(Text, @"\$\{(?<name>[A-Z_]+)", RegexOptions.ExplicitCapture).Select(match => match.Groups["name"].Value).Distinct(StringComparer.Ordinal);
        lines.Keys.ShouldBe(used, ignoreOrder: true);
        lines.Where(entry => entry.Key != "SYMBOLS").ShouldAllBe(entry => entry.Value.Length == 0);
        File.ReadLines(Repository.PathOf(".gitignore")).ShouldContain(".env");
        File.ReadLines(Repository.PathOf(".dockerignore")).ShouldContain(".env");
    }

    [Fact]
    public void The_ingester_collects_the_documents_markets()
    {
        List(Service("ingester"), "command").ShouldBe(["collect", "--symbols", "${SYMBOLS:-XRP/USDT,BTC/USDT,XRP/BTC}"]);
        Map(Service("ingester"), "build")["dockerfile"].ShouldBe("Dockerfile");
    }

    [Fact]
    public void The_image_runs_the_program_as_an_ordinary_user()
    {
        var lines = File.ReadAllLines(Repository.PathOf("Dockerfile"));
        lines.Count(line => line.StartsWith("FROM ", StringComparison.Ordinal)).ShouldBeGreaterThan(1);
        lines.ShouldContain("USER $APP_UID");
        lines.ShouldContain("ENTRYPOINT [\"dotnet\", \"/app/kraken-db.dll\"]");
        lines.ShouldNotContain(line => line.Contains("PASSWORD", StringComparison.Ordinal));

        // Debug or Release, the program's file has this name.
        typeof(KrakenDb.Cli.KrakenDbProgram).Assembly.GetName().Name.ShouldBe("kraken-db");
    }

    private static Dictionary<object, object> Service(string name) => Map(Map(Compose, "services"), name);

    private static IEnumerable<Dictionary<object, object>> Names(params string[] names) => names.Select(Service);

    private static Dictionary<object, object> Map(Dictionary<object, object> map, string name) => map[name].ShouldBeOfType<Dictionary<object, object>>(name);

    private static List<string> List(Dictionary<object, object> map, string name) => [.. map[name].ShouldBeOfType<List<object>>(name).Cast<string>()];
}
