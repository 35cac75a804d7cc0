using Dispatcher.Jobs;
using Dispatcher.Kernel;

namespace Dispatcher.Steps.Artifacts;

/// <summary>
/// Artifacts as plain files below one root: <c>{root}/{env}/{tenant}/{job}/…</c>. The root may be a mounted network folder that several nodes share:
/// names on the way in are drawn from the node's source of chance, so two attempts never write to one file.
/// </summary>
public sealed class LocalArtifactStore : IArtifactStore
{
    private readonly string _rootDirectory;
    private readonly string _environment;
    private readonly IdGenerator _ids;
    private readonly FolderFlushes _flushes = new();

    /// <param name="rootDirectory">Made when something is written into it. The operator chooses it, so it may be a link.</param>
    /// <param name="environment">dev, stage, prod or test.</param>
    /// <param name="ids">The node's source of chance, for temporary names.</param>
    /// <exception cref="ArtifactPathException">The environment is unknown.</exception>
    public LocalArtifactStore(string rootDirectory, string environment, IdGenerator ids)
    {
        (_rootDirectory, _environment, _ids) = (Path.GetFullPath(rootDirectory), ArtifactPath.CheckedEnvironment(environment), ids);
    }

    public ArtifactFolder FolderOf(string tenant, JobId job) => LocalFolderOf(tenant, job);

    public ValueTask Begin(string tenant, JobId job, string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) =>
        LocalFolderOf(tenant, job).Begin(name, content, cancellation);

    public int SweepTemporaries(string tenant, JobId job) => LocalFolderOf(tenant, job).SweepTemporaries();

    public void Delete(string tenant, JobId job)
    {
        var key = LocalFolderOf(tenant, job).Key;
        LinkGuard.RefuseLinks(_rootDirectory, key);
        var folder = Path.Combine(_rootDirectory, key);
        // Links in the folder are deleted as links; what they point to stays.
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    private LocalArtifactFolder LocalFolderOf(string tenant, JobId job) =>
        new(_rootDirectory, $"{_environment}/{ArtifactPath.CheckedTenant(tenant)}/{job}", _ids, _flushes);
}
