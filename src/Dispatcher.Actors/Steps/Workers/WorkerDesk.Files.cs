using System.Buffers;
using System.Collections.Immutable;
using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Steps.Workers;

/// <summary>The files that workers bring.</summary>
public sealed partial class WorkerDesk
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>
    /// Streams a file into the job's folder. It gets its name only when it is whole, and only while the lease holds: a worker that is late never
    /// replaces what its successor has written.
    /// </summary>
    /// <param name="limitBytes">A longer file is refused.</param>
    public async Task<DeskReply> Upload(string tenant, string lease, string path, Stream content, long limitBytes, CancellationToken gone)
    {
        if (!LeaseKey.TryParse(lease, out var key)) return DeskReply.Unknown.Instance;
        if (Queues.StandingOf(tenant, key, out var task) != LeaseStanding.Held || Queues.EndOf(key) is not { } over) return await NotHeld(tenant, key);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over, gone);
        try
        {
            using var file = task!.Context.Artifacts.CreateTemporary(path);
            if (!await Copy(content, file, limitBytes, either.Token)) return TooLarge(limitBytes);
            var artifact = await task.Context.Artifacts.Commit(file, path, either.Token);
            Queues.Keep(key, artifact);
            return new DeskReply.Stored(artifact);
        }
        catch (ArtifactPathException refused)
        {
            return new DeskReply.Refused(AnswerFault.PathNotAllowed, refused.Message);
        }
        catch (IOException exception) when (DiskFull.Is(exception))
        {
            return new DeskReply.Refused(AnswerFault.StorageFull, "The server's disk is full; give the file again later.");
        }
        catch (StepFailedException failed)
        {
            return new DeskReply.Refused(AnswerFault.StorageFull, failed.Failure.Message);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return await NotHeld(tenant, key);
        }
    }

    private static DeskReply.Refused TooLarge(long limitBytes) => new(AnswerFault.FileTooLarge, $"The file is longer than the {limitBytes:N0} bytes that this server takes.");

    private async Task<DeskReply> NotHeld(string tenant, LeaseKey key) => await _history.Read(tenant, key) switch
    {
        LeaseRecord.Unknown => DeskReply.Unknown.Instance,
        LeaseRecord.Ended ended => LostTo(ended),
        _ when Queues.StandingOf(tenant, key, out _) == LeaseStanding.GivenBack => new DeskReply.Lost("The lease was given back."),
        _ => DeskReply.NotYet.Instance,
    };

    /// <summary>False when there is more than the limit.</summary>
    private static async Task<bool> Copy(Stream content, TemporaryFile file, long limitBytes, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var target = new FileStream(file.Path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            var total = 0L;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellation)) > 0)
            {
                total += read;
                if (total > limitBytes) return false;
                await target.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The files that a completed task names, and those that its workflow declares; or the first that is not there.</summary>
    private async Task<(ImmutableArray<ArtifactReference> Found, string? Missing)> Find(
        WorkerTask task, LeaseKey key, IReadOnlyList<NamedArtifact> named, CancellationToken cancellation)
    {
        var found = ImmutableArray.CreateBuilder<ArtifactReference>();
        var declared = task.Context.Declared.Where(file => !named.Any(artifact => artifact.Path == file.Path)).Select(file => new NamedArtifact(file.Name, file.Path));
        foreach (var artifact in named.Concat(declared))
        {
            var name = artifact.Name ?? artifact.Path;
            var reference = Queues.Kept(key, artifact.Path) is { } kept
                ? kept with { Name = name }
                : await task.Context.Artifacts.Describe(artifact.Path, name, cancellation);
            if (reference is null) return ([], artifact.Path);
            found.Add(reference);
        }

        return (found.ToImmutable(), null);
    }
}
