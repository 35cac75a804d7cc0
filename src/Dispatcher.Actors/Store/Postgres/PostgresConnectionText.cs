using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>Connection strings as people may see them.</summary>
public static class PostgresConnectionText
{
    /// <summary>The connection string without its passwords; never the text itself when it cannot be understood.</summary>
    public static string WithoutSecrets(string connectionString)
    {
        if (FaultIn(connectionString) is not null) return "(no connection string)";
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        builder.Remove("Password");
        builder.Remove("SSL Password");
        return builder.ConnectionString;
    }

    /// <summary>The database in words: <c>the database jobs on db:5432</c>.</summary>
    public static string Place(string connectionString)
    {
        if (FaultIn(connectionString) is not null) return "the database";
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        return $"the database {builder.Database ?? builder.Username} on {builder.Host}{(builder.Host?.Contains(',') == true ? "" : $":{builder.Port}")}";
    }

    /// <summary>What is wrong with a connection string, without repeating it; null if nothing is.</summary>
    public static string? FaultIn(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString).Host is { Length: > 0 } ? null : "It names no host";
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidOperationException)
        {
            return fault.Message.TrimEnd('.');
        }
    }
}
