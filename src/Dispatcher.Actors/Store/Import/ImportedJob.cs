using Dispatcher.Jobs;

namespace Dispatcher.Store.Import;

/// <summary>All rows of a job, table by table in the order of <see cref="ImportTable.OfJobs"/>, each in the order of its key.</summary>
internal sealed class ImportedJob(JobId id)
{
    public JobId Id { get; } = id;

    public List<object?[]>[] Rows { get; } = [.. ImportTable.OfJobs.Select(_ => new List<object?[]>())];

    /// <summary>The journal is the first table.</summary>
    public int Events => Rows[0].Count;

    public bool IsEmpty => Rows.All(rows => rows.Count == 0);

    public string Hash()
    {
        using var digest = new ImportDigest();
        digest.Add(Id.ToString());
        foreach (var rows in Rows) digest.Add(rows);
        return digest.Finish();
    }
}
