namespace Dispatcher.Store.Postgres;

/// <summary>Definitions and the names that tenants give them.</summary>
public sealed partial class PostgresJobStore
{
    public ValueTask<WorkflowRegistration> RegisterWorkflow(string tenant, StoredWorkflow workflow, DateTimeOffset now) => throw new NotSupportedException();

    public ValueTask KeepWorkflow(StoredWorkflow workflow) => throw new NotSupportedException();

    public ValueTask<StoredWorkflow?> FindWorkflow(string hash) => throw new NotSupportedException();

    public ValueTask<RegisteredWorkflow?> FindRegistered(string tenant, string name, int? version) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<RegisteredWorkflow>> ListRegistered(string tenant, string? name, (string Name, int Version)? after, int limit) =>
        throw new NotSupportedException();
}
