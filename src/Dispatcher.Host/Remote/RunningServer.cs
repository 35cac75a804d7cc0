using System.Text.Json;
using Dispatcher.Store.Sqlite;

namespace Dispatcher.Host.Remote;

/// <summary>
/// Where the server of a data directory listens: a small file that <c>dispatcher serve</c> keeps there while it runs, so that commands on the same machine
/// find it. One that a killed server left is told by the lock of the directory, which the operating system takes back.
/// </summary>
internal static class RunningServer
{
    private const string FileName = "server.json";

    /// <summary>Writes the file; only its owner can read it. Deleted when the result is disposed.</summary>
    public static IDisposable Announce(string dataDirectory, string url)
    {
        var path = Path.Combine(dataDirectory, FileName);
        var temporary = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, options)) JsonSerializer.Serialize(file, new { url, pid = Environment.ProcessId });
        File.Move(temporary, path, overwrite: true);
        return new Announcement(path);
    }

    /// <summary>The address of the server that runs in the directory; null if none does.</summary>
    public static Uri? Find(string dataDirectory)
    {
        try
        {
            var path = Path.Combine(dataDirectory, FileName);
            if (!File.Exists(path)) return null;
            var server = JsonElement.Parse(File.ReadAllText(path));
            return SqliteJobStore.FindWriter(dataDirectory) == server.GetProperty("pid").GetInt32() ? new Uri(server.GetProperty("url").GetString()!) : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or UriFormatException)
        {
            return null;
        }
    }

    private sealed class Announcement(string path) : IDisposable
    {
        public void Dispose() => File.Delete(path);
    }
}
