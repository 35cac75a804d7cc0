using System.Net.Sockets;
using Npgsql;

namespace Dispatcher.Store.Postgres;

/// <summary>What a failure of PostgreSQL, or of the way to it, means; said to an operator first and in the server's words after it.</summary>
internal static class PostgresFailure
{
    private const string ReachIt = "see that the server runs, and that Host and Port in the connection string name it";

    /// <summary>Raised by <c>commit_batch</c>: the rows that it needs are not those that it locked, so that it must begin again.</summary>
    public const string BeginAgain = "DR001";

    /// <summary>The session was ended because nobody went on with its transaction in time: this process stood still, and may try again.</summary>
    public const string IdleInTransaction = "25P03";

    /// <summary>Raised by <c>commit_batch</c>: a command of another node was answered before.</summary>
    public const string AnsweredBefore = "DR002";

    /// <summary>True for all that Npgsql throws when the server or the network fails, and for no bug of ours.</summary>
    public static bool Is(Exception failure) => failure is NpgsqlException or SocketException or IOException or TimeoutException;

    /// <summary>
    /// True when the server has said that the transaction is undone, and why it may work the next time: a deadlock, a key that somebody else was quicker to insert.
    /// A session that was ended may have committed before, so these are faults that it survives; only one that is ended for being idle in a transaction surely has not.
    /// </summary>
    public static bool IsWorthAnotherTry(Exception failure) => failure is PostgresException
    {
        SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.UniqueViolation or
            PostgresErrorCodes.LockNotAvailable or BeginAgain or PostgresErrorCodes.InvalidSqlStatementName or IdleInTransaction,
    };

    /// <summary>
    /// True when the server does not know a statement that the driver took for prepared: the connection broke while it was prepared. Nothing was run, and
    /// the connection is of no more use.
    /// </summary>
    public static bool IsStatementLost(Exception failure) => failure is PostgresException { SqlState: PostgresErrorCodes.InvalidSqlStatementName };

    /// <summary>
    /// True when the fault may lie in one append alone (a key that is too long for an index, others that are always quicker), and the transaction is undone.
    /// </summary>
    public static bool IsOfOneAppend(PostgresException failure) =>
        IsRefusal(failure) && (IsWorthAnotherTry(failure) || failure.SqlState is AnsweredBefore || failure.SqlState[..2] is "22" or "23" or "54");

    /// <summary>True when the server refused what it was given and undid all of it; the session goes on.</summary>
    public static bool IsRefusal(Exception failure) => failure is PostgresException { InvariantSeverity: "ERROR" };

    /// <summary>True when there is no way to the server now, or the session was ended.</summary>
    public static bool IsConnectionLost(Exception failure) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidSqlStatementName } => true,
        PostgresException { SqlState: var state } => state.StartsWith("57P", StringComparison.Ordinal) || state.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException { InnerException: IOException or SocketException } => true,
        NpgsqlException { InnerException: null, IsTransient: true } => true,
        SocketException or IOException => true,
        _ => false,
    };

    /// <summary>The whole sentence for an operator: what is wrong, and what to do where that can be said.</summary>
    public static StoreException Explain(Exception failure)
    {
        var description = Describe(failure);
        var advice = failure is PostgresException postgres ? Advice(postgres.SqlState) : ReachIt;
        return new StoreException($"{char.ToUpperInvariant(description[0])}{description[1..].TrimEnd('.')}{(advice.Length > 0 ? $"; {advice}" : "")}.", failure);
    }

    public static string Describe(Exception failure) => failure switch
    {
        PostgresException postgres => $"{Meaning(postgres.SqlState)}: {postgres.MessageText} (PostgreSQL error {postgres.SqlState})",
        NpgsqlException { InnerException: TimeoutException } => $"the database did not answer in time: {failure.Message}",
        _ => $"the database cannot be reached: {failure.Message}",
    };

    private static string Advice(string state) => state switch
    {
        "53300" => "let it have more (max_connections), or this node fewer (dispatcher.store.postgres.max-connections)",
        "28P01" or "28000" => "correct Username and Password in the connection string, or what pg_hba.conf allows",
        "3D000" => "make it with createdb, or correct Database in the connection string",
        "42501" => "grant its role what docs/operations.md lists, or run `dispatcher db migrate` as the owner of the schema",
        "42P01" or "3F000" => "run `dispatcher db migrate`, or name the right schema (dispatcher.store.postgres.schema)",
        "25006" => "name the primary in the connection string",
        "57P03" => "try again in a moment",
        _ => "",
    };

    private static string Meaning(string state) => state switch
    {
        "53100" => "the database's disk is full",
        "53200" => "the database has not enough memory",
        "53300" => "the database has no connection left",
        "28P01" or "28000" => "the database does not know this user or password",
        "3D000" => "there is no such database",
        "42501" => "the database's user may not do this",
        "42P01" or "3F000" => "the database has not the tables that it should have",
        "25006" => "the database is read-only: is it a standby?",
        "57P01" or "57P02" => "the database shuts down or has ended this connection",
        "57P03" => "the database is starting up",
        "57014" => "the database did not answer in time",
        IdleInTransaction => "this process stood still in the middle of a transaction",
        PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or BeginAgain => "others wrote the same rows each time it was tried",
        AnsweredBefore => "the command had its effect before",
        _ => "the database refused",
    };
}
