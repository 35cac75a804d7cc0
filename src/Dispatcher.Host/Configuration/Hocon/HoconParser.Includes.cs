namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>
/// The include statement: <c>include "x"</c>, <c>include file("x")</c>, <c>include required("x")</c>,
/// <c>include required(file("x"))</c>.
/// </summary>
internal sealed partial class HoconParser
{
    private const string IncludeWord = "include";

    /// <summary>Only an unquoted word at the start of a key is an include: <c>include.path</c> and <c>includes</c> are keys.</summary>
    private bool AtInclude()
    {
        if (!_cursor.StartsWith(IncludeWord))
            return false;
        var next = _cursor.Ahead(IncludeWord.Length);
        return char.IsWhiteSpace(next) || next is '"' or '\0' or ':' or '=' or '{' or '+' or '#';
    }

    private void ReadInclude(ObjectNode target)
    {
        var origin = _cursor.Origin;
        _cursor.Advance(IncludeWord.Length);
        _cursor.SkipBlank();
        var required = ReadOpening("required(");
        var file = ReadOpening("file(");
        if (_cursor.StartsWith("url(") || _cursor.StartsWith("classpath(") || _cursor.StartsWith("package("))
            throw Fault("This kind of include is not supported", "Copy the file beside this one and write include file(\"name\")");
        if (_cursor.Current != '"')
            throw Fault($"After 'include' {_cursor.Describe()} was found", "Write include \"name\", or quote the key \"include\"");
        var name = HoconText.ReadString(_cursor);
        if (file)
            ReadClosing();
        if (required)
            ReadClosing();

        // Elements of a list have no path, so there the substitutions of an included file stay as they are written.
        IReadOnlyList<string> prefix = _arrays > 0 ? [] : [.. _prefix, .. _path];
        foreach (var included in _includes.Read(new IncludeRequest(name, required, _directory, prefix, _nesting, origin)))
            target.AppendAll(included);
    }

    private bool ReadOpening(string word)
    {
        if (!_cursor.StartsWith(word))
            return false;
        _cursor.Advance(word.Length);
        _cursor.SkipBlank();
        return true;
    }

    private void ReadClosing()
    {
        _cursor.SkipBlank();
        if (_cursor.Current != ')')
            throw Fault($"In an include {_cursor.Describe()} was found", "Close it with ')'");
        _cursor.Advance();
    }
}
