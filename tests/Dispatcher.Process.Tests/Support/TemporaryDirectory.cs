namespace Dispatcher.Process.Tests.Support;

/// <summary>A directory of one test, removed after it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("dispatcher-process-").FullName;

    /// <summary>A data directory in it, which the first process makes.</summary>
    public string Data => In("data");

    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file and gives its path.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(In(name), text);
        return In(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
