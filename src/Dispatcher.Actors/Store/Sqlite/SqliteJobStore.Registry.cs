namespace Dispatcher.Store.Sqlite;

/// <summary>Definitions and the names that tenants give them.</summary>
public sealed partial class SqliteJobStore
{
    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<WorkflowRegistration> RegisterWorkflow(string tenant, StoredWorkflow workflow, DateTimeOffset now) =>
        Write((tenant, workflow, now), static (database, given) => Register(database, given.tenant, given.workflow, given.now));

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public async ValueTask KeepWorkflow(StoredWorkflow workflow) => await Write(workflow, static (database, workflow) => Keep(database, workflow));

    public ValueTask<StoredWorkflow?> FindWorkflow(string hash) => _readers.Read(hash, static (reader, hash) => reader.FindWorkflow(hash));

    public ValueTask<RegisteredWorkflow?> FindRegistered(string tenant, string name, int? version) =>
        _readers.Read((tenant, name, version), static (reader, key) => reader.FindRegistered(key.tenant, key.name, key.version));

    public ValueTask<IReadOnlyList<RegisteredWorkflow>> ListRegistered(string tenant, string? name, (string Name, int Version)? after, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return _readers.Read<(string Tenant, string? Name, (string, int)? After, int Limit), IReadOnlyList<RegisteredWorkflow>>(
            (tenant, name, after, limit), static (reader, page) => reader.ListRegistered(page.Tenant, page.Name, page.After, page.Limit));
    }

    private static WorkflowRegistration Register(SqliteDatabase database, string tenant, StoredWorkflow workflow, DateTimeOffset now)
    {
        var find = database.Statement(SqliteSql.FindVersion);
        find.Bind(1, tenant);
        find.Bind(2, workflow.Name);
        find.Bind(3, workflow.Version);
        var known = find.Step() ? find.Text(2) : null;
        find.Reset();
        if (known is not null) return string.Equals(known, workflow.Hash, StringComparison.Ordinal) ? WorkflowRegistration.Same : WorkflowRegistration.Different;

        Keep(database, workflow);
        var register = database.Statement(SqliteSql.InsertVersion);
        register.Bind(1, tenant);
        register.Bind(2, workflow.Name);
        register.Bind(3, workflow.Version);
        register.Bind(4, workflow.Hash);
        register.Bind(5, now);
        register.Run();
        return WorkflowRegistration.Registered;
    }

    /// <returns>True when it is new.</returns>
    private static bool Keep(SqliteDatabase database, StoredWorkflow workflow)
    {
        var insert = database.Statement(SqliteSql.InsertWorkflow);
        insert.Bind(1, workflow.Hash);
        insert.Bind(2, workflow.Name);
        insert.Bind(3, workflow.Version);
        insert.Bind(4, workflow.Definition);
        insert.Run();
        return database.ChangedRows == 1;
    }
}
