using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>Definitions and the registry.</summary>
internal sealed partial class PostgresReader
{
    public async ValueTask<StoredWorkflow?> FindWorkflow(string hash)
    {
        var query = Query(PostgresSql.FindWorkflow);
        query.Bind(hash);
        return (await Rows(query, static row => new StoredWorkflow(row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetString(3)))) is [var workflow]
            ? workflow
            : null;
    }

    public async ValueTask<RegisteredWorkflow?> FindRegistered(string tenant, string name, int? version)
    {
        var query = Query(version is null ? PostgresSql.FindNewestVersion : PostgresSql.FindVersion);
        query.Bind(tenant).Bind(name);
        if (version is { } number) query.Bind(number);
        return (await Rows(query, Registered)) is [var registered] ? registered : null;
    }

    public async ValueTask<IReadOnlyList<RegisteredWorkflow>> ListRegistered(string tenant, string? name, (string Name, int Version)? after, int limit)
    {
        var query = Query(name is null ? PostgresSql.ListVersions : PostgresSql.ListVersionsOfName);
        query.Bind(tenant)
            .Bind(name ?? after?.Name ?? "")
            .Bind(name is null ? after?.Version ?? 0 : FirstOfName(name, after))
            .Bind((long)limit);
        return await Rows(query, Registered);
    }

    /// <summary>After which version of a name to go on: the whole name comes after the cursor, before it, or holds it.</summary>
    private static int FirstOfName(string name, (string Name, int Version)? after) => after is not { } cursor ? 0 : string.CompareOrdinal(name, cursor.Name) switch
    {
        > 0 => 0,
        < 0 => int.MaxValue,
        0 => cursor.Version,
    };

    private static RegisteredWorkflow Registered(NpgsqlDataReader row) => new(row.GetString(0), row.GetInt32(1), row.GetString(2), row.Time(3));
}
