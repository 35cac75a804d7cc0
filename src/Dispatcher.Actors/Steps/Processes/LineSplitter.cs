using System.Text;

namespace Dispatcher.Steps.Processes;

/// <summary>
/// Cuts a stream of bytes into lines of bounded length. Both newline and carriage return end a line: ffmpeg redraws its state with the latter.
/// </summary>
internal sealed class LineSplitter(int limitCharacters, Action<string> onLine)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder _line = new();
    private char[] _characters = [];

    public void Add(ReadOnlySpan<byte> chunk, bool last)
    {
        var needed = _decoder.GetCharCount(chunk, last);
        if (_characters.Length < needed) _characters = new char[needed];
        var decoded = _characters.AsSpan(0, _decoder.GetChars(chunk, _characters, last));
        int end;
        while ((end = decoded.IndexOfAny('\n', '\r')) >= 0)
        {
            Append(decoded[..end]);
            EndLine();
            decoded = decoded[(end + 1)..];
        }

        Append(decoded);
        if (last) EndLine();
    }

    private void Append(ReadOnlySpan<char> part) => _line.Append(part[..Math.Min(part.Length, limitCharacters - _line.Length)]);

    private void EndLine()
    {
        if (_line.Length == 0) return;
        var line = _line.ToString();
        _line.Clear();
        onLine(line);
    }
}
