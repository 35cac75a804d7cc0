namespace Dispatcher.Store.Postgres;

/// <summary>
/// The place of an event in the journal: the number of its transaction and, in the low bits, its place in it. Numbers of transactions are given when they
/// first write and not when they commit; so a reader looks only at what is below the oldest transaction that still runs. Each one below it has ended, each
/// later one has a larger number, and a cursor by ordering passes over nothing.
/// </summary>
internal static class PostgresOrdering
{
    public const int PlaceBits = 16;

    /// <summary>The most events in one transaction.</summary>
    public const int PlacesInATransaction = 1 << PlaceBits;

    /// <summary>
    /// As SQL: what a reader may look at is below this. The offset lifts orderings over those of an earlier life of the data (a dump that was restored into a
    /// younger cluster, whose transactions are numbered from the beginning).
    /// </summary>
    public static string Horizon(string offset) => $"((pg_snapshot_xmin(pg_current_snapshot())::text::bigint + {offset}) << {PlaceBits})";
}
