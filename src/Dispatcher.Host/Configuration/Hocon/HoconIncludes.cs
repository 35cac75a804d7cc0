using System.Text;
using System.Text.Json;

namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>What an include statement asks for.</summary>
internal sealed record IncludeRequest(
    string Name, bool IsRequired, string? Directory, IReadOnlyList<string> Prefix, int Nesting, HoconOrigin Origin);

/// <summary>
/// Reads files for one load. It keeps these bounds: a file does not include itself by any way round, and depth, count and bytes
/// of the included files stay within <see cref="HoconLimits"/>.
/// </summary>
internal sealed class HoconIncludes
{
    /// <summary>In the order in which files of one base name are read: the last one wins.</summary>
    private static readonly string[] Extensions = [".properties", ".json", ".conf"];

    private readonly Stack<string> _open = new();
    private int _count;
    private long _bytes;

    public IReadOnlyList<ObjectNode> Read(IncludeRequest request)
    {
        var found = Candidates(request).Where(File.Exists).ToList();
        if (found.Count == 0 && request.IsRequired)
        {
            throw new HoconException(
                request.Origin,
                $"The required file '{request.Name}' does not exist",
                "Create it beside this file, correct the name, or drop required(...)");
        }

        return found.ConvertAll(path => ReadIncluded(path, request));
    }

    /// <summary>Reads a file that no other file asked for.</summary>
    public HoconNode ReadFile(string path, HoconOrigin asked)
    {
        var full = Path.GetFullPath(path);
        if (!File.Exists(full))
            throw new HoconException(asked, $"The file '{path}' does not exist", "Correct the path");
        return ReadOnce(full, path, [], 0, asked);
    }

    private static IEnumerable<string> Candidates(IncludeRequest request)
    {
        if (request.Name.Length == 0 || request.Name.Contains('\0', StringComparison.Ordinal))
            return [];
        if (!Path.IsPathRooted(request.Name) && request.Directory is null)
            return [];
        var path = Path.Combine(request.Directory ?? string.Empty, request.Name);
        return Extensions.Contains(Path.GetExtension(path), StringComparer.Ordinal)
            ? [path]
            : [path, .. Extensions.Select(extension => path + extension)];
    }

    private ObjectNode ReadIncluded(string path, IncludeRequest request)
    {
        var full = Path.GetFullPath(path);
        if (_open.Contains(full, StringComparer.Ordinal))
        {
            var chain = string.Join(" includes ", _open.Reverse().Append(full).Select(Path.GetFileName));
            throw new HoconException(request.Origin, $"The includes form a cycle: {chain}", "Remove one of these includes");
        }

        if (_open.Count > HoconLimits.IncludeDepth)
        {
            throw new HoconException(
                request.Origin,
                $"Includes are nested more than {HoconLimits.IncludeDepth} files deep",
                "Include the files from one place");
        }

        if (++_count > HoconLimits.IncludeCount)
            throw new HoconException(request.Origin, $"More than {HoconLimits.IncludeCount} files are included", "Include each file once");
        return ReadOnce(full, path, request.Prefix, request.Nesting, request.Origin) as ObjectNode
            ?? throw new HoconException(
                request.Origin,
                $"The included file '{request.Name}' holds a list",
                "Include a file that holds an object");
    }

    private HoconNode ReadOnce(string full, string shown, IReadOnlyList<string> prefix, int nesting, HoconOrigin asked)
    {
        var text = ReadText(full, shown, asked);
        _open.Push(full);
        try
        {
            switch (Path.GetExtension(full))
            {
                case ".properties":
                    return PropertiesReader.Read(text, shown);
                case ".json":
                    CheckJson(text, shown);
                    break;
            }

            return new HoconParser(text, shown, Path.GetDirectoryName(full), prefix, this, nesting).ReadRoot();
        }
        finally
        {
            _open.Pop();
        }
    }

    /// <summary>Reads at most the limit, whatever length the file system claims: a pipe or a device has none.</summary>
    private string ReadText(string full, string shown, HoconOrigin asked)
    {
        try
        {
            using var stream = File.OpenRead(full);
            var buffer = new byte[Math.Min(stream.CanSeek ? stream.Length : long.MaxValue, HoconLimits.FileBytes) + 1];
            var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            _bytes += length;
            if (length > HoconLimits.FileBytes)
            {
                throw new HoconException(
                    asked,
                    $"The file '{shown}' is larger than {HoconLimits.FileBytes} bytes",
                    "Split it, or check that it is a configuration");
            }

            if (_bytes > HoconLimits.IncludedBytes)
            {
                throw new HoconException(
                    asked,
                    $"The files of this configuration have more than {HoconLimits.IncludedBytes} bytes",
                    "Include each file once");
            }

            using var reader = new StreamReader(new MemoryStream(buffer, 0, length), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
            return reader.ReadToEnd();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new HoconException(
                asked,
                $"The file '{shown}' cannot be read ({fault.Message.TrimEnd('.')})",
                "Make it readable for this process");
        }
    }

    /// <summary>HOCON reads all of JSON; a .json file must not use the rest of HOCON, or other tools could not read it.</summary>
    private static void CheckJson(string text, string shown)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = HoconLimits.NestingLevels });
        }
        catch (JsonException fault)
        {
            var origin = new HoconOrigin(shown, (int)(fault.LineNumber ?? 0) + 1, (int)(fault.BytePositionInLine ?? 0) + 1);
            throw new HoconException(origin, "This is not JSON", "Correct it, or name the file .conf to use HOCON");
        }
    }
}
