using Dispatcher.Jobs;

namespace Dispatcher.Steps.Artifacts;

/// <summary>Where the files of jobs live.</summary>
public interface IArtifactStore
{
    /// <summary>The folder <c>{env}/{tenant}/{job}/</c>; made when something is written into it.</summary>
    ArtifactFolder FolderOf(string tenant, JobId job);

    /// <summary>
    /// Makes the folder of a job that is about to be made, with one file in it; both are durable when this comes back. Nobody looks there before, so the name need not wait for its content,
    /// and a disk has to commit once instead of three times.
    /// </summary>
    /// <param name="name">The file's name; without folders.</param>
    /// <exception cref="StepFailedException">The disk is full.</exception>
    ValueTask Begin(string tenant, JobId job, string name, ReadOnlyMemory<byte> content, CancellationToken cancellation);

    /// <summary>
    /// Deletes what attempts that crashed left behind in a job's folder, and returns how many files and folders that were. Call it only while no step
    /// of the job runs: it cannot tell a crashed attempt from a running one.
    /// </summary>
    int SweepTemporaries(string tenant, JobId job);

    /// <summary>Deletes a job's folder with all that is in it; nothing happens if there is none.</summary>
    /// <exception cref="IOException">Something of it could not be deleted.</exception>
    void Delete(string tenant, JobId job);
}

/// <summary>One job's files. Names are relative, with forward slashes; see <see cref="ArtifactPathException"/> for what is refused.</summary>
public abstract class ArtifactFolder
{
    /// <summary>The folder's key: <c>{env}/{tenant}/{job}</c>, with forward slashes.</summary>
    public abstract string Key { get; }

    /// <summary>The absolute path at which a committed file is or will be.</summary>
    /// <exception cref="ArtifactPathException">The path is not allowed.</exception>
    public abstract string PathOf(string relativePath);

    /// <summary>True when a committed file is there.</summary>
    public abstract bool Exists(string relativePath);

    /// <summary>The bytes of a committed file; null if it is not there.</summary>
    /// <exception cref="ArtifactPathException">The path is not allowed.</exception>
    public virtual long? SizeOf(string relativePath) => new FileInfo(PathOf(relativePath)) is { Exists: true } file ? file.Length : null;

    /// <summary>
    /// A path to write to before <see cref="Commit"/>: in the same folder, with the same extension and a name that nobody else uses. Deleted by
    /// <see cref="TemporaryFile.Dispose"/> if it was not committed.
    /// </summary>
    public abstract TemporaryFile CreateTemporary(string relativePath);

    /// <summary>An empty folder that belongs to one attempt, for commands that make more than one file or choose their own names.</summary>
    /// <exception cref="NotSupportedException">The store keeps its files where a process cannot write to them.</exception>
    public virtual TemporaryFolder CreateTemporaryFolder() => throw new NotSupportedException($"{GetType().Name} has no local folders.");

    /// <summary>Hashes the temporary file, flushes it to disk and renames it to its name; replaces an earlier version.</summary>
    /// <exception cref="StepFailedException">Nothing was written, what was written is no plain file, or the disk is full.</exception>
    public abstract ValueTask<ArtifactReference> Commit(TemporaryFile file, string name, CancellationToken cancellation);

    /// <summary>The reference of a file that is in the folder already; null if it is not there.</summary>
    public abstract ValueTask<ArtifactReference?> Describe(string relativePath, string name, CancellationToken cancellation);

    /// <summary>Writes bytes as a committed file.</summary>
    public abstract ValueTask<ArtifactReference> Write(string relativePath, string name, ReadOnlyMemory<byte> content, CancellationToken cancellation);

    /// <summary>
    /// Writes a newer version of a committed file whose older version would do as well after a power cut: one of the two is there then, whole. Cheaper than <see cref="Write"/>, since
    /// its name is not flushed.
    /// </summary>
    public virtual async ValueTask Refresh(string relativePath, ReadOnlyMemory<byte> content, CancellationToken cancellation) => await Write(relativePath, relativePath, content, cancellation);
}

/// <summary>A file that a workflow says a step leaves.</summary>
/// <param name="Name">What the workflow calls it.</param>
/// <param name="Path">Relative to the job's folder.</param>
public sealed record DeclaredArtifact(string Name, string Path);

/// <summary>A file on its way into an artifact folder.</summary>
public sealed class TemporaryFile(string relativePath, string path) : IDisposable
{
    /// <summary>The name that it gets when committed.</summary>
    public string RelativePath { get; } = relativePath;

    /// <summary>The absolute path to write to.</summary>
    public string Path { get; } = path;

    public void Dispose()
    {
        if (File.Exists(Path)) File.Delete(Path);
    }
}
