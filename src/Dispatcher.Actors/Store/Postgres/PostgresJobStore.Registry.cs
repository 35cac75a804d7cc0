using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>Definitions and the names that tenants give them.</summary>
public sealed partial class PostgresJobStore
{
    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public ValueTask<WorkflowRegistration> RegisterWorkflow(string tenant, StoredWorkflow workflow, DateTimeOffset now) =>
        Write((database, connection) => Register(database, connection, tenant, workflow, now));

    /// <inheritdoc/>
    /// <exception cref="StoreException">It could not be written.</exception>
    public async ValueTask KeepWorkflow(StoredWorkflow workflow) => await Write((database, connection) => Keep(database, connection, workflow));

    public ValueTask<StoredWorkflow?> FindWorkflow(string hash) => Reader.FindWorkflow(hash);

    public ValueTask<RegisteredWorkflow?> FindRegistered(string tenant, string name, int? version) => Reader.FindRegistered(tenant, name, version);

    public ValueTask<IReadOnlyList<RegisteredWorkflow>> ListRegistered(string tenant, string? name, (string Name, int Version)? after, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return Reader.ListRegistered(tenant, name, after, limit);
    }

    /// <summary>The version first: whoever wins it writes the definition, and of two that differ the other one is not kept.</summary>
    private static async Task<WorkflowRegistration> Register(PostgresDatabase database, NpgsqlConnection connection, string tenant, StoredWorkflow workflow, DateTimeOffset now)
    {
        await using var register = database.Command(connection, PostgresSql.InsertVersion);
        register.Add(tenant);
        register.Add(workflow.Name);
        register.Add(workflow.Version);
        register.Add(workflow.Hash);
        register.Add(now);
        if (await register.ExecuteNonQueryAsync() == 1)
        {
            await Keep(database, connection, workflow);
            return WorkflowRegistration.Registered;
        }

        await using var find = database.Command(connection, PostgresSql.HashOfVersion);
        find.Add(tenant);
        find.Add(workflow.Name);
        find.Add(workflow.Version);
        var known = (string?)await find.ExecuteScalarAsync();
        return string.Equals(known, workflow.Hash, StringComparison.Ordinal) ? WorkflowRegistration.Same : WorkflowRegistration.Different;
    }

    /// <returns>True when it is new.</returns>
    private static async Task<bool> Keep(PostgresDatabase database, NpgsqlConnection connection, StoredWorkflow workflow)
    {
        await using var insert = database.Command(connection, PostgresSql.InsertWorkflow);
        insert.Add(workflow.Hash);
        insert.Add(workflow.Name);
        insert.Add(workflow.Version);
        insert.Add(workflow.Definition);
        return await insert.ExecuteNonQueryAsync() == 1;
    }
}
