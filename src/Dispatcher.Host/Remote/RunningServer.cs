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
    /// <param name="store">Where its jobs are.</param>
    /// <param name="operatorKey">Lets whoever can read the file act as the operator of the machine while this server runs.</param>
    public static IDisposable Announce(string dataDirectory, string url, string operatorKey, string store)
    {
        var path = Path.Combine(dataDirectory, FileName);
        var temporary = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, options)) JsonSerializer.Serialize(file, new { url, pid = Environment.ProcessId, operator_key = operatorKey, store });
        File.Move(temporary, path, overwrite: true);
        return new Announcement(path);
    }

    /// <summary>The server that runs in the directory; null if none does.</summary>
    public static FoundServer? Find(string dataDirectory)
    {
        try
        {
            var path = Path.Combine(dataDirectory, FileName);
            if (!File.Exists(path)) return null;
            var server = JsonElement.Parse(File.ReadAllText(path));
            return SqliteJobStore.FindWriter(dataDirectory) == server.GetProperty("pid").GetInt32()
                ? new FoundServer(new Uri(server.GetProperty("url").GetString()!), server.GetProperty("operator_key").GetString()!, server.GetProperty("store").GetString()!)
                : null;
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

/// <param name="OperatorKey">The key of the machine's operator, for this server and its life only.</param>
/// <param name="Store">Where its jobs are: <see cref="Composition.StorePlace.Name"/>.</param>
internal sealed record FoundServer(Uri Address, string OperatorKey, string Store);
