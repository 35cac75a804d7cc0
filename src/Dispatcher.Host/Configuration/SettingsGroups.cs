namespace Dispatcher.Host.Configuration;

/// <summary><c>dispatcher.env</c></summary>
public enum DispatcherEnvironment
{
    Dev,
    Stage,
    Prod,
    Test,
}

/// <summary><c>dispatcher.store.synchronous</c></summary>
public enum StoreSynchronous
{
    Full,
    Normal,
    Off,
}

/// <summary><c>dispatcher.store</c></summary>
public sealed record StoreSettings
{
    /// <summary>Holds a password, maybe: shown only through <see cref="Dispatcher.Store.Postgres.PostgresConnectionText"/>. Empty = the embedded engine.</summary>
    public string Connection { get; init; } = "";

    public PostgresSettings Postgres { get; init; } = new();

    public StoreSynchronous Synchronous { get; init; } = StoreSynchronous.Full;

    public int BatchLimitEvents { get; init; } = 1000;

    public long BatchLimitBytes { get; init; } = 512 * 1024;

    public int QueueLimitEvents { get; init; } = 100_000;
}

/// <summary><c>dispatcher.journal</c></summary>
public sealed record JournalSettings
{
    public int SnapshotAfterEvents { get; init; } = 1000;
}

/// <summary><c>dispatcher.actors</c></summary>
public sealed record ActorSettings
{
    /// <summary>Null = never.</summary>
    public TimeSpan? PassivateIdleAfter { get; init; } = TimeSpan.FromSeconds(120);

    public int RecoveryLimit { get; init; } = 1000;

    public int CommandLimit { get; init; } = 100_000;

    public long CommandLimitBytes { get; init; } = 256L << 20;

    public int RestartBudget { get; init; } = 5;

    public TimeSpan RestartWindow { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary><c>dispatcher.steps</c></summary>
public sealed record StepSettings
{
    public TimeSpan AbandonAfter { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Null = none.</summary>
    public TimeSpan? DefaultTimeout { get; init; }

    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromMilliseconds(100);
}

/// <summary>An entry of <c>dispatcher.stages</c>; <c>render</c> takes its first two from <c>dispatcher.render</c>.</summary>
public sealed record StageSettings
{
    public const string DefaultName = "default";
    public const string RenderName = "render";

    public int MaxConcurrency { get; init; } = 10_000;

    public TimeSpan StartDelay { get; init; } = TimeSpan.Zero;

    /// <summary>Null = no limit.</summary>
    public double? RatePerSecond { get; init; }

    public int RateBurst { get; init; } = 1;

    /// <summary>Null = no limit.</summary>
    public int? PerTenantMaxConcurrency { get; init; }
}

/// <summary><c>dispatcher.process</c></summary>
public sealed record ProcessSettings
{
    public IReadOnlyList<string> AllowedCommands { get; init; } = ["ffmpeg", "ffprobe", "pocketsphinx_continuous", "espeak-ng"];

    public long OutputLimitBytes { get; init; } = 1024 * 1024;

    public TimeSpan KillGrace { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary><c>dispatcher.http</c></summary>
public sealed record HttpSettings
{
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    public bool AllowPrivateAddresses { get; init; }

    public long ResponseLimitBytes { get; init; } = 256 * 1024;

    public int MaxRedirects { get; init; } = 5;
}
