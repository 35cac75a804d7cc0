using Dispatcher.Jobs;
using Dispatcher.Store.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Store.Import;

/// <summary>
/// Moves an embedded store into PostgreSQL: every job with its id, its history, the places of its events in the journal and all that belongs to it, the
/// registry, keys and secrets. What is there already and is the same is left alone, so an import that was interrupted is simply started again.
/// </summary>
/// <remarks>
/// Jobs go in pages, each in one transaction. Every job is hashed as it is in the source, read back from the target and hashed again; the two must agree.
/// No node may work on the target, nor on the source, meanwhile.
/// </remarks>
public sealed class StoreImport
{
    private const int PageLimitJobs = 200;
    private const int PageLimitEvents = 10_000;
    private const int RowsAtOnce = 200;

    private readonly SqliteImportSource _source;
    private readonly PostgresImportTarget _target;
    private readonly PostgresJobStore _reader;
    private readonly TimeProvider _time;
    private readonly ImportDigest _digest = new();
    private long _jobs;
    private long _events;
    private long _there;

    private StoreImport(SqliteImportSource source, PostgresImportTarget target, PostgresJobStore reader, TimeProvider time) =>
        (_source, _target, _reader, _time) = (source, target, reader, time);

    /// <param name="path">The embedded store: its data directory, its database, or a backup of it.</param>
    /// <param name="options">Where to. The schema is made, or brought up to date.</param>
    /// <exception cref="StoreException">
    /// The source is in use, the target has a node that lives, jobs that the source has not, or another history of one that it has; or one of them cannot be
    /// read or written. What was moved until then stays, and the next import goes on from there.
    /// </exception>
    public static async Task<ImportReport> Run(
        string path, PostgresStoreOptions options, TimeProvider time, IProgress<ImportProgress>? progress, CancellationToken cancellation)
    {
        using var source = SqliteImportSource.Open(path);
        await PostgresAdministration.Migrate(options, time.GetUtcNow());
        await using var database = new PostgresDatabase(options);
        await using var reader = await PostgresJobStore.OpenReadOnly(options, time, NullLogger.Instance);
        return await new StoreImport(source, new PostgresImportTarget(database, options.ShardCount), reader, time).Run(progress, cancellation);
    }

    private async Task<ImportReport> Run(IProgress<ImportProgress>? progress, CancellationToken cancellation)
    {
        await RequireIdleTarget();
        await RequireNoOtherJobs(cancellation);
        var writerOffset = await _target.WriteNodes(_source.ReadNodes());
        foreach (var table in ImportTable.OfNoJob) await MoveTable(table);
        await MoveJobs(writerOffset, progress, cancellation);
        await _target.Finish();
        await RequireIdleTarget();
        return new ImportReport(_jobs, _events, _there, _digest.Finish());
    }

    private async Task RequireIdleTarget()
    {
        if (await _target.FindLivingNode() is { } node)
        {
            throw new StoreException(
                $"The node {node} works on the target, or was ended without saying so: stop all nodes, or declare it dead (`dispatcher cluster down`), and import again.");
        }
    }

    private async Task RequireNoOtherJobs(CancellationToken cancellation)
    {
        JobId? after = null;
        while (await _reader.ReadJobIds(after, PageLimitJobs) is { Count: > 0 } ids)
        {
            cancellation.ThrowIfCancellationRequested();
            if (ids.Where(id => !_source.Contains(id)).Select(id => (JobId?)id).FirstOrDefault() is { } other)
                throw new StoreException($"The target has jobs of its own, {other} for one: import into a schema that is empty, or that has jobs of this source only.");
            after = ids[^1];
        }
    }

    private async Task MoveTable(ImportTable table)
    {
        var rows = _source.ReadTable(table);
        foreach (var some in rows.Chunk(RowsAtOnce)) await _target.WriteRows(table, some);
        var there = (await _target.ReadTable(table)).ToDictionary(row => KeyOf(table, row), ImportDigest.Of, StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (there.GetValueOrDefault(KeyOf(table, row)) != ImportDigest.Of(row))
                throw new StoreException($"The target has another row in {table.Name} under the key {KeyOf(table, row)}: remove it there, or import into an empty schema.");
        }
    }

    private async Task MoveJobs(long writerOffset, IProgress<ImportProgress>? progress, CancellationToken cancellation)
    {
        var all = _source.CountJobs();
        if (_source.FirstJob() is { } first) await _target.MakePartitions(MadeAt(first), _time.GetUtcNow());
        JobId? after = null;
        while (_source.ReadPage(after, PageLimitJobs, PageLimitEvents, writerOffset) is { Count: > 0 } page)
        {
            cancellation.ThrowIfCancellationRequested();
            await MovePage(page);
            after = page[^1].Id;
            progress?.Report(new ImportProgress(_jobs, all, _events));
        }
    }

    private async Task MovePage(List<ImportedJob> page)
    {
        var ids = page.Select(job => job.Id).ToList();
        var there = await _target.ReadJobs(ids);
        var missing = page.Where(job => there[job.Id].IsEmpty).ToList();
        if (missing.Count > 0)
        {
            await _target.WriteJobs(missing);
            there = await _target.ReadJobs(ids);
        }

        foreach (var job in page)
        {
            var hash = job.Hash();
            if (there[job.Id].Hash() != hash)
                throw new StoreException($"The target has another history of the job {job.Id}, or did not keep it as it was given: nothing of it was changed. Import into an empty schema.");
            _digest.Add(hash);
            _events += job.Events;
        }

        _jobs += page.Count;
        _there += page.Count - missing.Count;
    }

    private static string KeyOf(ImportTable table, object?[] row) => string.Join('/', row.Take(table.Key));

    /// <summary>The first six bytes of an id are the milliseconds of its making.</summary>
    private static DateTimeOffset MadeAt(JobId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.WriteBytes(bytes);
        var milliseconds = 0L;
        foreach (var one in bytes[..6]) milliseconds = (milliseconds << 8) | one;
        return DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(milliseconds, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));
    }
}

/// <summary>How far an import is.</summary>
public sealed record ImportProgress(long Jobs, long AllJobs, long Events);

/// <summary>What an import has moved.</summary>
/// <param name="AlreadyThere">Of the jobs those that the target had already, and the same.</param>
/// <param name="Digest">A hash over the hashes of all jobs, the same in source and target.</param>
public sealed record ImportReport(long Jobs, long Events, long AlreadyThere, string Digest);
