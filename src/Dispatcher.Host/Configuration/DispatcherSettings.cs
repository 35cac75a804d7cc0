using Dispatcher.Coordination;
using Dispatcher.Sharding;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Contracts.TalkAvocado;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Host.Configuration;

/// <summary>
/// The settings as the program uses them. Each property's unit and reason stand in <c>hocon/reference.conf</c>; a test holds that
/// the defaults here are the same, so that tests can write <c>new DispatcherSettings()</c>.
/// </summary>
public sealed record DispatcherSettings
{
    private const string StagesPath = "dispatcher.stages";
    private const string DefaultStagePath = "dispatcher.stages.default";

    public DispatcherEnvironment Environment { get; init; } = DispatcherEnvironment.Dev;

    public string DataDirectory { get; init; } = ".dispatcher";

    /// <summary>Resolved: <c>artifacts</c> in the data directory unless set.</summary>
    public string ArtifactsDirectory { get; init; } = Path.Combine(".dispatcher", "artifacts");

    /// <summary>Empty = the machine's name.</summary>
    public string NodeName { get; init; } = "";

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public LogFormat LogFormat { get; init; }

    public TelemetrySettings Telemetry { get; init; } = new();

    public StoreSettings Store { get; init; } = new();

    public JournalSettings Journal { get; init; } = new();

    public ActorSettings Actors { get; init; } = new();

    public StepSettings Steps { get; init; } = new();

    /// <summary>Stages by name: always <c>default</c> and <c>render</c>, and what the user added.</summary>
    public IReadOnlyDictionary<string, StageSettings> Stages { get; init; } = new Dictionary<string, StageSettings>(StringComparer.Ordinal)
    {
        [StageSettings.DefaultName] = new(),
        [StageSettings.RenderName] = new() { MaxConcurrency = 4, StartDelay = TimeSpan.FromSeconds(1) },
    };

    /// <summary>Capability codes, and the handlers that stand behind them.</summary>
    public IReadOnlyDictionary<string, string> Capabilities { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public ProcessSettings Process { get; init; } = new();

    public HttpSettings Http { get; init; } = new();

    public CallbackSettings Callbacks { get; init; } = new();

    public ChannelSettings Channels { get; init; } = new();

    public RetentionSettings Retention { get; init; } = new();

    /// <summary><c>dispatcher.quota</c></summary>
    public QuotaOptions Quota { get; init; } = new();

    public WebSettings Web { get; init; } = new();

    public WorkerSettings Workers { get; init; } = new();

    /// <summary>Resolved: <c>files</c> in the data directory unless set.</summary>
    public string FilesDirectory { get; init; } = Path.Combine(".dispatcher", "files");

    public ProviderSettings Provider { get; init; } = new();

    /// <summary>Contracts of other systems that are served.</summary>
    public IReadOnlyList<Contract> Contracts { get; init; } = [];

    /// <summary><c>dispatcher.talk-avocado</c></summary>
    public TalkAvocadoOptions TalkAvocado { get; init; } = new();

    /// <summary><c>dispatcher.cluster</c></summary>
    public ClusterOptions Cluster { get; init; } = new();

    /// <summary>Binds settings that <see cref="SettingsChecker"/> and <see cref="FaultsIn"/> found no fault in.</summary>
    public static DispatcherSettings From(CheckedSettings settings)
    {
        var dataDirectory = settings.Text("dispatcher.data-directory");
        var artifacts = settings.Text("dispatcher.artifacts.directory");
        return new DispatcherSettings
        {
            Environment = settings.Word<DispatcherEnvironment>("dispatcher.env"),
            DataDirectory = dataDirectory,
            ArtifactsDirectory = artifacts.Length > 0 ? artifacts : Path.Combine(dataDirectory, "artifacts"),
            NodeName = settings.Text("dispatcher.node.name"),
            LogLevel = settings.Word<LogLevel>("dispatcher.logging.level"),
            LogFormat = settings.Word<LogFormat>("dispatcher.logging.format"),
            Telemetry = TelemetrySettings.From(settings),
            Retention = RetentionSettings.From(settings),
            Quota = QuotaSettings.From(settings),
            Store = new StoreSettings
            {
                Connection = settings.Text("dispatcher.store.connection"),
                Postgres = PostgresSettings.From(settings),
                Synchronous = settings.Word<StoreSynchronous>("dispatcher.store.synchronous"),
                BatchLimitEvents = settings.Integer("dispatcher.store.batch-limit-events"),
                BatchLimitBytes = settings.Size("dispatcher.store.batch-limit-bytes"),
                QueueLimitEvents = settings.Integer("dispatcher.store.queue-limit-events"),
            },
            Journal = new JournalSettings { SnapshotAfterEvents = settings.Integer("dispatcher.journal.snapshot-after-events") },
            Actors = new ActorSettings
            {
                PassivateIdleAfter = settings.OptionalDuration("dispatcher.actors.passivate-idle-after"),
                RecoveryLimit = settings.Integer("dispatcher.actors.recovery-limit"),
                CommandLimit = settings.Integer("dispatcher.actors.command-limit"),
                CommandLimitBytes = settings.Size("dispatcher.actors.command-limit-bytes"),
                RestartBudget = settings.Integer("dispatcher.actors.restart-budget"),
                RestartWindow = settings.Duration("dispatcher.actors.restart-window"),
            },
            Steps = new StepSettings
            {
                AbandonAfter = settings.Duration("dispatcher.steps.abandon-after"),
                DrainTimeout = settings.Duration("dispatcher.steps.drain-timeout"),
                DefaultTimeout = settings.OptionalDuration("dispatcher.steps.default-timeout"),
                ProgressInterval = settings.Duration("dispatcher.steps.progress-interval"),
            },
            Stages = StagesFrom(settings),
            Capabilities = settings.TextsOf("dispatcher.capabilities"),
            Process = new ProcessSettings
            {
                AllowedCommands = settings.TextList("dispatcher.process.allowed-commands"),
                OutputLimitBytes = settings.Size("dispatcher.process.output-limit"),
                KillGrace = settings.Duration("dispatcher.process.kill-grace"),
            },
            Http = new HttpSettings
            {
                AllowedHosts = settings.TextList("dispatcher.http.allowed-hosts"),
                AllowPrivateAddresses = settings.Boolean("dispatcher.http.allow-private-addresses"),
                ResponseLimitBytes = settings.Size("dispatcher.http.response-limit"),
                MaxRedirects = settings.Integer("dispatcher.http.max-redirects"),
            },
            Callbacks = CallbackSettings.From(settings),
            Channels = ChannelSettings.From(settings),
            Web = WebSettings.From(settings),
            Workers = WorkerSettings.From(settings),
            FilesDirectory = settings.Text("dispatcher.files.directory") is { Length: > 0 } files ? files : Path.Combine(dataDirectory, "files"),
            Provider = ProviderSettings.From(settings),
            Contracts = ContractSettings.From(settings),
            TalkAvocado = ContractSettings.TalkAvocado(settings),
            Cluster = ClusterSettings.From(settings),
        };
    }

    /// <summary>What one setting's type cannot say.</summary>
    /// <param name="isComplete">False when settings are missing because they have the wrong type.</param>
    internal static IEnumerable<ConfigurationFault> FaultsIn(CheckedSettings settings, bool isComplete) =>
        [.. FaultsInRender(settings), .. isComplete ? WebSettings.FaultsIn(settings).Concat(PostgresSettings.FaultsIn(settings)).Concat(ClusterSettings.FaultsIn(settings)).Concat(ProviderSettings.FaultsIn(settings)) : []];

    /// <summary>Render's own two settings have one place only.</summary>
    private static IEnumerable<ConfigurationFault> FaultsInRender(CheckedSettings settings)
    {
        foreach (var key in new[] { "max-concurrency", "start-delay" })
        {
            var path = $"{StagesPath}.{StageSettings.RenderName}.{key}";
            if (settings.Values.TryGetValue(path, out var value))
            {
                yield return new ConfigurationFault(
                    value.Origin.FileAndLine,
                    $"{path} is not a setting of its own. Set dispatcher.render.{key}.");
            }
        }
    }

    private static Dictionary<string, StageSettings> StagesFrom(CheckedSettings settings) =>
        settings.EntriesOf(StagesPath)
            .Append(StageSettings.RenderName)
            .Distinct(StringComparer.Ordinal)
            .ToDictionary(name => name, name => StageFrom(settings, name), StringComparer.Ordinal);

    private static StageSettings StageFrom(CheckedSettings settings, string name)
    {
        var isRender = name == StageSettings.RenderName;
        return new StageSettings
        {
            MaxConcurrency = settings.Integer(isRender ? "dispatcher.render.max-concurrency" : At("max-concurrency")),
            StartDelay = settings.Duration(isRender ? "dispatcher.render.start-delay" : At("start-delay")),
            RatePerSecond = settings.Number(At("rate-per-second")) is > 0 and var rate ? rate : null,
            RateBurst = settings.Integer(At("rate-burst")),
            PerTenantMaxConcurrency = settings.Integer(At("per-tenant-max-concurrency")) is > 0 and var limit ? limit : null,
        };

        string At(string key) => settings.PathInEntry(StagesPath, name, key, DefaultStagePath);
    }
}
