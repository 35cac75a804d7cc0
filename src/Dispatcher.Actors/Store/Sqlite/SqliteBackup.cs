using System.Runtime.InteropServices;
using Dispatcher.Kernel;
using Microsoft.Win32.SafeHandles;

namespace Dispatcher.Store.Sqlite;

/// <summary>
/// A copy of the database beside a running writer. It is made within one read transaction, so it is the state of one moment: all that was answered
/// before it began. Under its own name it is there whole and flushed, or not at all.
/// </summary>
internal static class SqliteBackup
{
    /// <summary>Pages (of 8 KiB) between two looks at the cancellation.</summary>
    private const int StepPages = 512;

    private const int ReadOnlyFolder = 0x80000;

    /// <param name="limitPages">For tests: the disk is full at this many pages.</param>
    /// <exception cref="StoreException">The file exists, or could not be written.</exception>
    public static void Run(string databaseFile, string file, CancellationToken cancellation, long limitPages = 0)
    {
        var partial = file + ".partial";
        Reserve(file, partial);
        try
        {
            Copy(databaseFile, partial, limitPages, cancellation);
            using (var copy = File.OpenHandle(partial, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(copy);
            File.Move(partial, file);
            FlushFolder(Path.GetDirectoryName(Path.GetFullPath(file))!);
        }
        catch (Exception failure)
        {
            File.Delete(partial);
            if (failure is SqliteFailure or IOException or UnauthorizedAccessException) throw Unwritable(file, failure);
            throw;
        }
    }

    private static void Reserve(string file, string partial)
    {
        if (File.Exists(file)) throw new StoreException($"The file {file} exists; a backup does not overwrite. Give it another name, or delete the file.");
        try
        {
            using (new FileStream(partial, FileMode.CreateNew)) return;
        }
        catch (IOException) when (File.Exists(partial))
        {
            throw new StoreException($"The file {partial} exists: another backup writes it, or one was cut off. If none runs, delete the file.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(file, failure);
        }
    }

    /// <summary>The copy is flushed once at its end, so it needs no journal; it is left as one plain file that opens on read-only media too.</summary>
    private static void Copy(string databaseFile, string partial, long limitPages, CancellationToken cancellation)
    {
        using var source = SqliteDatabase.Open(databaseFile, readOnly: true);
        using var target = SqliteDatabase.Open(partial, readOnly: false);
        target.Execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;");
        if (limitPages > 0) target.Execute($"PRAGMA max_page_count = {limitPages}");
        source.Execute(SqliteSql.Begin);
        Check.That(source.QueryInt64("SELECT max(version) FROM schema_versions") > 0);
        source.CopyTo(target, StepPages, cancellation);
        source.Execute(SqliteSql.Commit);
        target.Execute("PRAGMA journal_mode = DELETE;");
    }

    /// <summary>Makes the file's name durable; a file system that cannot is left alone.</summary>
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = OpenFolder(folder, ReadOnlyFolder);
        if (descriptor < 0) return;
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        _ = Flush(handle);
    }

    private static StoreException Unwritable(string file, Exception failure) => new($"The backup {file} could not be written: {failure.Message}", failure);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OpenFolder([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Flush(SafeFileHandle handle);
}
