using Dispatcher.Jobs;
using Dispatcher.Steps.Artifacts;

namespace Dispatcher.Actors.Tests.Steps.Providers;

/// <summary>A folder that nothing is put into.</summary>
internal sealed class NoFolder : ArtifactFolder
{
    public override string Key => "test/acme/job";

    public override string PathOf(string relativePath) => throw new NotSupportedException();

    public override bool Exists(string relativePath) => false;

    public override TemporaryFile CreateTemporary(string relativePath) => throw new NotSupportedException();

    public override ValueTask<ArtifactReference> Commit(TemporaryFile file, string name, CancellationToken cancellation) => throw new NotSupportedException();

    public override ValueTask<ArtifactReference?> Describe(string relativePath, string name, CancellationToken cancellation) => throw new NotSupportedException();

    public override ValueTask<ArtifactReference> Write(string relativePath, string name, ReadOnlyMemory<byte> content, CancellationToken cancellation) => throw new NotSupportedException();
}
