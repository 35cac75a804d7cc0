namespace Dispatcher.Actors.Tests.Store;

/// <summary>A directory of a test's own, removed at its end.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("dispatcher-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
