namespace Dispatcher.Store.Sqlite;

/// <summary>Definitions and the registry.</summary>
internal sealed partial class SqliteReader
{
    public StoredWorkflow? FindWorkflow(string hash)
    {
        var statement = database.Statement(SqliteSql.FindWorkflow);
        statement.Bind(1, hash);
        var workflow = statement.Step()
            ? new StoredWorkflow(statement.Text(0), statement.Text(1), (int)statement.Int64(2), statement.Text(3))
            : null;
        statement.Reset();
        return workflow;
    }

    public RegisteredWorkflow? FindRegistered(string tenant, string name, int? version)
    {
        var statement = database.Statement(version is null ? SqliteSql.FindNewestVersion : SqliteSql.FindVersion);
        statement.Bind(1, tenant);
        statement.Bind(2, name);
        if (version is { } number) statement.Bind(3, number);
        var registered = statement.Step() ? Registered(statement) : null;
        statement.Reset();
        return registered;
    }

    public List<RegisteredWorkflow> ListRegistered(string tenant, string? name, (string Name, int Version)? after, int limit)
    {
        var workflows = new List<RegisteredWorkflow>();
        var statement = database.Statement(name is null ? SqliteSql.ListVersions : SqliteSql.ListVersionsOfName);
        statement.Bind(1, tenant);
        statement.Bind(2, name ?? after?.Name ?? "");
        statement.Bind(3, name is null ? after?.Version ?? 0 : FirstOfName(name, after));
        statement.Bind(4, limit);
        while (statement.Step()) workflows.Add(Registered(statement));
        statement.Reset();
        return workflows;
    }

    /// <summary>After which version of a name to go on: the whole name comes after the cursor, before it, or holds it.</summary>
    private static long FirstOfName(string name, (string Name, int Version)? after) => after is not { } cursor ? 0 : string.CompareOrdinal(name, cursor.Name) switch
    {
        > 0 => 0,
        < 0 => long.MaxValue,
        0 => cursor.Version,
    };

    private static RegisteredWorkflow Registered(SqliteStatement statement) =>
        new(statement.Text(0), (int)statement.Int64(1), statement.Text(2), statement.Time(3));
}
