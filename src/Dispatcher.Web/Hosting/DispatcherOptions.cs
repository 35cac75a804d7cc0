using Dispatcher.Steps;
using Dispatcher.Steps.Handlers;
using Dispatcher.Steps.Workers;
using Dispatcher.Store.Postgres;
using Dispatcher.Store.Sqlite;
using Dispatcher.Web.Contracts;
using Dispatcher.Web.Contracts.TalkAvocado;
using Dispatcher.Workflows;

namespace Dispatcher.Web.Hosting;

/// <summary>How Dispatcher runs inside an application. Each option that is also a setting is explained in hocon/reference.conf.</summary>
public sealed class DispatcherOptions
{
    /// <summary>The journal's database, unless <see cref="Postgres"/> is set. The data directory belongs to one process at a time.</summary>
    public SqliteStoreOptions Store { get; set; } = new() { DataDirectory = ".dispatcher" };

    /// <summary>The journal's database in PostgreSQL; null keeps it in <see cref="Store"/>'s data directory, which holds files only otherwise.</summary>
    public PostgresStoreOptions? Postgres { get; set; }

    /// <summary>The directory of the files that steps leave; <c>artifacts</c> in the data directory if null.</summary>
    public string? ArtifactsDirectory { get; set; }

    /// <summary>The directory of files that tenants have laid ready for jobs, with a folder for each tenant; <c>files</c> in the data directory if null.</summary>
    public string? FilesDirectory { get; set; }

    /// <summary>The same, resolved.</summary>
    public string FilesDirectoryPath => FilesDirectory ?? Path.Combine(Store.DataDirectory, "files");

    /// <summary>The engine's limits and times.</summary>
    public NodeOptions Node { get; set; } = new();

    /// <summary>How requests are answered.</summary>
    public WebOptions Web { get; set; } = new();

    /// <summary>Handlers of steps; the built-in ones that need no configuration are there already.</summary>
    public IList<IStepHandler> Handlers { get; } = [new NoopHandler(), new DelayHandler(), new FailHandler(), new ApprovalHandler(), new WorkflowRunHandler(), new WorkerHandler()];

    /// <summary>What capability codes mean here: each is bound to the name of a handler. A workflow's <c>uses</c> may name either.</summary>
    public IDictionary<string, string> Capabilities { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Workflows that are registered for the tenant <c>default</c> when the engine starts.</summary>
    public IList<WorkflowDefinition> Workflows { get; } = [];

    /// <summary>Contracts of other systems that are served beside <c>/api/v1</c>.</summary>
    public ISet<Contract> Contracts { get; } = new HashSet<Contract>();

    /// <summary>How the contract of talk videos makes its jobs.</summary>
    public TalkAvocadoOptions TalkAvocado { get; set; } = new();
}
