using System.Diagnostics;
using System.Globalization;

namespace Dispatcher.Store.Sqlite;

/// <summary>
/// The directory of a store, held by one process at a time: an exclusive lock of the operating system on <c>dispatcher.lock</c>, which
/// ends with the process however it ends. The holder's number stands in <c>dispatcher.pid</c>, since others cannot read a locked
/// file everywhere.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;
    private readonly string _processFile;

    private DataDirectory(FileStream @lock, string processFile)
    {
        _lock = @lock;
        _processFile = processFile;
    }

    /// <summary>The database of an embedded store.</summary>
    public static string DatabaseFile(string directory) => Path.Combine(directory, "dispatcher.db");

    /// <summary>Makes the directory if only itself is missing, and takes its lock.</summary>
    /// <exception cref="DataDirectoryInUseException">Another process, or another store in this one, has it.</exception>
    /// <exception cref="StoreException">It cannot be made or written.</exception>
    public static DataDirectory Take(string directory)
    {
        Make(directory);
        var processFile = Path.Combine(directory, "dispatcher.pid");
        var held = TakeLock(directory, processFile);
        try
        {
            File.WriteAllText(processFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            return new DataDirectory(held, processFile);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            held.Dispose();
            throw Unusable(directory, failure);
        }
    }

    /// <summary>
    /// The process that has the directory; null if none does. Asks for the lock only while the noted process lives, since whoever asks holds it for
    /// that instant.
    /// </summary>
    public static int? Holder(string directory)
    {
        if (ReadProcessId(Path.Combine(directory, "dispatcher.pid")) is not { } id || !IsAlive(id)) return null;
        try
        {
            using (new FileStream(Path.Combine(directory, "dispatcher.lock"), FileMode.Open, FileAccess.Read, FileShare.Read)) return null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return id;
        }
    }

    /// <summary>Leaves the directory to others. The lock file stays: removing it would let two processes lock two files of one name.</summary>
    public void Dispose()
    {
        File.Delete(_processFile);
        _lock.Dispose();
    }

    private static void Make(string directory)
    {
        if (Directory.Exists(directory)) return;
        var parent = Path.GetDirectoryName(Path.GetFullPath(directory));
        if (!Directory.Exists(parent))
            throw new StoreException($"The data directory {directory} cannot be made: there is no directory {parent}.");
        try
        {
            Directory.CreateDirectory(directory);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unusable(directory, failure);
        }
    }

    /// <summary>EROFS, the same number on Linux and macOS: not somebody else's lock, though the file is there.</summary>
    private const int ReadOnlyFileSystem = 30;

    private static FileStream TakeLock(string directory, string processFile)
    {
        var path = Path.Combine(directory, "dispatcher.lock");
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw Unusable(directory, failure);
        }
        catch (IOException failure) when (failure is DirectoryNotFoundException or PathTooLongException || failure.HResult == ReadOnlyFileSystem || !File.Exists(path))
        {
            throw Unusable(directory, failure);
        }
        catch (IOException)
        {
            throw new DataDirectoryInUseException(directory, ReadProcessId(processFile));
        }
    }

    private static bool IsAlive(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static int? ReadProcessId(string processFile)
    {
        try
        {
            return int.TryParse(File.ReadAllText(processFile), CultureInfo.InvariantCulture, out var id) ? id : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static StoreException Unusable(string directory, Exception failure) =>
        new($"The data directory {directory} cannot be written: {failure.Message}", failure);
}
