using Dispatcher.Host.Configuration;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Host.Tests;

public sealed class SettingsLoaderTests : IDisposable
{
    private static readonly string Hocon = Path.Combine(AppContext.BaseDirectory, "hocon");

    private readonly HoconTestDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Load_PutsLaterSourcesOverEarlier_WhenAllAreGiven()
    {
        var profile = _files.Write("profile.conf", "dispatcher { env = stage, http.max-redirects = 10, logging.level = debug }");
        var settings = Load(
            "dispatcher { env = test, http.max-redirects = 12, actors.passivate-idle-after = off }",
            profile,
            ("DISPATCHER__HTTP__MAX_REDIRECTS", "15"));
        Assert.Equal(LogLevel.Debug, settings.LogLevel);
        Assert.Equal(DispatcherEnvironment.Test, settings.Environment);
        Assert.Equal(15, settings.Http.MaxRedirects);
        Assert.Null(settings.Actors.PassivateIdleAfter);
    }

    [Fact]
    public void Load_ReadsTypedValues_FromTheEnvironment()
    {
        var settings = Load(
            "",
            null,
            ("DISPATCHER__RENDER__START_DELAY", "2 s"),
            ("DISPATCHER__STORE__BATCH_LIMIT_BYTES", "1 MiB"),
            ("DISPATCHER__HTTP__ALLOW_PRIVATE_ADDRESSES", "on"),
            ("DISPATCHER__PROCESS__ALLOWED_COMMANDS", "sox, ffmpeg"),
            ("DISPATCHER__STAGES__SLOW_LANE__MAX_CONCURRENCY", "2"),
            ("PATH", "/bin"));
        Assert.Equal(TimeSpan.FromSeconds(2), settings.Stages["render"].StartDelay);
        Assert.Equal(1_048_576, settings.Store.BatchLimitBytes);
        Assert.True(settings.Http.AllowPrivateAddresses);
        Assert.Equal(["sox", "ffmpeg"], settings.Process.AllowedCommands);
        Assert.Equal(2, settings.Stages["slow-lane"].MaxConcurrency);
    }

    [Fact]
    public void TheDefaultPlan_IsNone_UntilItHasAName()
    {
        Assert.Null(Load("dispatcher.quota.default-plan.limit = 5").Quota.DefaultPlan);
        Assert.Equal(new QuotaPlan("starter", 100, "ask us"), Load("dispatcher.quota.default-plan { name = starter, limit = 100, upgrade = ask us }").Quota.DefaultPlan);
        Assert.Contains("default-plan.limit", Assert.Single(Faults("dispatcher.quota.default-plan.limit = -1")), StringComparison.Ordinal);
    }

    [Fact]
    public void Capabilities_AreAMapOfTexts_WhateverTheirNamesAre()
    {
        var settings = Load("""dispatcher.capabilities { "yogacoach.pipeline_orchestrator" = worker, mark-processing = media.mark-processing }""");
        Assert.Equal("worker", settings.Capabilities["yogacoach.pipeline_orchestrator"]);
        Assert.Equal("media.mark-processing", settings.Capabilities["mark-processing"]);
        Assert.Contains("expected a text", Assert.Single(Faults("dispatcher.capabilities { a = [1] }")), StringComparison.Ordinal);
    }

    [Fact]
    public void TalkAvocado_IsSetByTheContractsOwnVariables_InItsSample()
    {
        var sample = File.ReadAllText(Path.Combine(Repository(), "samples", "talk", "talk-avocado.conf"));
        var settings = Load(sample, null, ("TALKAVOCADO_ENV", "stage"), ("MEDIA_STORAGE_PATH", "/srv/media"), ("START_ON_CREATE", "true"));
        Assert.Equal((DispatcherEnvironment.Stage, "/srv/media", true), (settings.Environment, settings.ArtifactsDirectory, settings.TalkAvocado.StartOnCreate));
        Assert.Equal("media.render-cuts", settings.Capabilities["video-cuts"]);
        Assert.Equal([Dispatcher.Web.Contracts.Contract.TalkAvocado], settings.Contracts);
        Assert.False(Load(sample).TalkAvocado.StartOnCreate);
    }

    [Fact]
    public void Stage_TakesFromDefault_WhatItLeavesOut()
    {
        var settings = Load("""
            dispatcher.stages {
              default.rate-burst = 7
              encode { max-concurrency = 2 }
              "v1.0" { rate-per-second = 0.5 }
              render.per-tenant-max-concurrency = 1
            }
            """);
        Assert.Equal(new StageSettings { MaxConcurrency = 2, RateBurst = 7 }, settings.Stages["encode"]);
        Assert.Equal(new StageSettings { RatePerSecond = 0.5, RateBurst = 7 }, settings.Stages["v1.0"]);
        Assert.Equal(
            new StageSettings { MaxConcurrency = 4, StartDelay = TimeSpan.FromSeconds(1), RateBurst = 7, PerTenantMaxConcurrency = 1 },
            settings.Stages["render"]);
        Assert.Equal(new StageSettings { RateBurst = 7 }, settings.Stages["default"]);
    }

    [Fact]
    public void UserFile_ExtendsDefaultsAndMovesWhatRefersToThem_WhenItUsesSubstitutions()
    {
        var text = """
            dispatcher.process.allowed-commands += sox
            dispatcher.data-directory = ${ROOT}/data
            dispatcher.artifacts.directory = ${dispatcher.data-directory}/files
            """;
        var settings = Load(text, null, ("ROOT", "/srv"));
        Assert.Equal("sox", settings.Process.AllowedCommands[^1]);
        Assert.Equal(5, settings.Process.AllowedCommands.Count);
        Assert.Equal("/srv/data/files", settings.ArtifactsDirectory);
    }

    [Fact]
    public void Artifacts_LieInTheDataDirectory_WhenNotSet() =>
        Assert.Equal(Path.Combine("/data", "artifacts"), Load("dispatcher.data-directory = /data").ArtifactsDirectory);

    [Fact]
    public void Load_ListsAllFaultsWithTheirPlaces_WhenSeveralAreWrong()
    {
        var faults = Faults(
            """
            dispatcher {
              stor.synchronous = full
              store.synchronous = sometimes
              render = 4
              actors.restart-windw = 1 s
              stages.encode.max-concurency = 1
              stages.odd = 5
            }
            dispacher.env = dev
            """,
            ("DISPATCHER__HTTP__MAX_REDIRECTS", "many"),
            ("DISPATCHER__HTTP__MAX_REDIRECT", "1"));
        Assert.Equal(
            [
                "environment variable DISPATCHER__HTTP__MAX_REDIRECT: There is no setting dispatcher.http.max-redirect. Did you mean dispatcher.http.max-redirects?",
                "environment variable DISPATCHER__HTTP__MAX_REDIRECTS: dispatcher.http.max-redirects: the text 'many' was given, expected a whole number in 0..50.",
                "user.conf:2: There is no setting dispatcher.stor. Did you mean dispatcher.store?",
                "user.conf:3: dispatcher.store.synchronous: the text 'sometimes' was given, expected one of full, normal, off.",
                "user.conf:4: dispatcher.render is a section, the text '4' was given. Write render { ... }.",
                "user.conf:5: There is no setting dispatcher.actors.restart-windw. Did you mean dispatcher.actors.restart-window?",
                "user.conf:6: There is no setting dispatcher.stages.encode.max-concurency. Did you mean dispatcher.stages.encode.max-concurrency?",
                "user.conf:7: dispatcher.stages.odd is a section, the text '5' was given. Write odd { ... }.",
                "user.conf:9: There is no setting dispacher. Did you mean dispatcher?",
            ],
            faults.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("dispatcher.passivate-idle-after = 1 s", "Did you mean dispatcher.actors.passivate-idle-after?")]
    [InlineData("dispatcher.zebra = 1", "reference.conf lists every setting")]
    [InlineData("dispatcher.steps.abandon-after = off", "expected a duration in 1 ms..1 d, such as 5 s")]
    [InlineData("dispatcher.data-directory = null", "null was given")]
    [InlineData("dispatcher.store = null", "is a section, null was given")]
    [InlineData("dispatcher.stages.render.start-delay = 1 s", "Set dispatcher.render.start-delay")]
    [InlineData("dispatcher.env = ${nowhere}", "${nowhere} has no value")]
    [InlineData("dispatcher {", "never closed")]
    [InlineData("dispatcher.artifacts = null, dispatcher.artifacts {}", "dispatcher.artifacts.directory has lost its default")]
    [InlineData("[1]", "list")]
    public void Load_RefusesTheFile_WhenOneThingIsWrong(string text, string part)
    {
        var fault = Assert.Single(Faults(text));
        Assert.StartsWith("user.conf:1", fault, StringComparison.Ordinal);
        Assert.Contains(part, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NamesTheFile_WhenItDoesNotExist()
    {
        var sources = new SettingsSources(Path.Combine(Hocon, "reference.conf")) { UserPath = Path.Combine(_files.Root, "none.conf") };
        var refused = Assert.Throws<ConfigurationFaultsException>(() => SettingsLoader.Load(sources));
        Assert.Contains("none.conf' does not exist", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InstalledSources_Load_WithTheEmbeddedProfile()
    {
        var sources = SettingsSources.Installed("embedded", null) with { Environment = new Dictionary<string, string>() };
        Assert.Equal(StoreSynchronous.Full, SettingsLoader.Load(sources).Store.Synchronous);
    }

    private SettingsSources Sources(string text, string? profile, (string, string)[] environment) =>
        new(Path.Combine(Hocon, "reference.conf"))
        {
            ProfilePath = profile ?? Path.Combine(Hocon, "embedded.conf"),
            UserPath = _files.Write("user.conf", text),
            Environment = environment.ToDictionary(variable => variable.Item1, variable => variable.Item2, StringComparer.Ordinal),
        };

    private static string Repository()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory!.FullName, "Akka.Jobs.sln"))) directory = directory.Parent;
        return directory.FullName;
    }

    private DispatcherSettings Load(string text, string? profile = null, params (string, string)[] environment) =>
        SettingsLoader.Load(Sources(text, profile, environment));

    private string[] Faults(string text, params (string, string)[] environment)
    {
        var refused = Assert.Throws<ConfigurationFaultsException>(() => SettingsLoader.Load(Sources(text, null, environment)));
        var root = _files.Root + Path.DirectorySeparatorChar;
        return [.. refused.Faults.Select(fault => fault.ToString().Replace(root, "", StringComparison.Ordinal))];
    }
}
