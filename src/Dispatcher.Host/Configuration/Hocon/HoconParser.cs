namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>
/// Reads one text into nodes by recursive descent. Nothing is resolved here, because a substitution means what its path holds
/// after the last file was read.
/// </summary>
internal sealed partial class HoconParser
{
    private readonly HoconCursor _cursor;
    private readonly HoconIncludes _includes;
    private readonly string? _directory;
    private readonly IReadOnlyList<string> _prefix;
    private readonly List<string> _path = [];
    private int _nesting;
    private int _arrays;

    /// <param name="text">The document.</param>
    /// <param name="source">What error messages call the document.</param>
    /// <param name="directory">Where relative includes are looked up; null when the text came from no file.</param>
    /// <param name="prefix">The path of the object that includes this document.</param>
    /// <param name="includes">Reads the included files and counts them.</param>
    /// <param name="nesting">How deep the including object lies.</param>
    public HoconParser(string text, string source, string? directory, IReadOnlyList<string> prefix, HoconIncludes includes, int nesting = 0)
    {
        _cursor = new HoconCursor(text, source);
        _directory = directory;
        _prefix = prefix;
        _includes = includes;
        _nesting = nesting;
    }

    public HoconNode ReadRoot()
    {
        _cursor.SkipBlank();
        HoconNode root;
        if (_cursor.Current == '{')
        {
            root = ReadObject();
        }
        else if (_cursor.Current == '[')
        {
            root = ReadArray();
        }
        else
        {
            var fields = new ObjectNode(_cursor.Origin);
            ReadFields(fields, isBraced: false);
            root = fields;
        }

        _cursor.SkipBlank();
        if (!_cursor.AtEnd)
            throw Fault($"{_cursor.Describe()} follows the end of the root value", "Remove it, or check the braces above");
        return root;
    }

    private ObjectNode ReadObject()
    {
        var origin = _cursor.Origin;
        Enter(1);
        _cursor.Advance();
        var fields = new ObjectNode(origin);
        ReadFields(fields, isBraced: true);
        _nesting--;
        return fields;
    }

    private void ReadFields(ObjectNode target, bool isBraced)
    {
        while (true)
        {
            _cursor.SkipBlank();
            if (_cursor.AtEnd)
            {
                if (isBraced)
                    throw new HoconException(target.Origin, "The '{' here is never closed", "Add the missing '}'");
                return;
            }

            if (_cursor.Current == '}' && isBraced)
            {
                _cursor.Advance();
                return;
            }

            ReadField(target);
            ReadSeparator('}');
        }
    }

    private void ReadField(ObjectNode target)
    {
        if (AtInclude())
        {
            ReadInclude(target);
            return;
        }

        if (_cursor.Current != '"' && !_cursor.AtUnquoted)
        {
            throw Fault(
                $"A key was expected and {_cursor.Describe()} was found",
                "Start the field with a key, quoted if it has special characters");
        }

        var path = HoconText.ReadPath(_cursor);
        _cursor.SkipBlank();
        var appends = ReadAssignment(path);
        _cursor.SkipBlank();

        Enter(path.Count);
        _path.AddRange(path);
        var origin = _cursor.Origin;
        var slot = BuildSlot(ReadPieces());
        if (appends)
        {
            var element = new ArrayNode(origin);
            element.Elements.Add(slot);
            slot = [new Contribution(new ConcatenationNode([new PreviousValueNode(origin), element], origin))];
        }

        target.AppendAt(path, slot);
        _path.RemoveRange(_path.Count - path.Count, path.Count);
        _nesting -= path.Count;
    }

    /// <summary>Reads ':' or '=' or nothing before '{'; true for '+='.</summary>
    private bool ReadAssignment(List<string> path)
    {
        if (_cursor.StartsWith("+="))
        {
            _cursor.Advance(2);
            return true;
        }

        if (_cursor.Current is ':' or '=')
            _cursor.Advance();
        else if (_cursor.Current != '{')
            throw Fault(
                $"After the key '{HoconPath.Render(path)}' {_cursor.Describe()} was found",
                "Write ':' or '=' and a value after the key");
        return false;
    }

    private ArrayNode ReadArray()
    {
        var array = new ArrayNode(_cursor.Origin);
        Enter(1);
        _arrays++;
        _cursor.Advance();
        while (true)
        {
            _cursor.SkipBlank();
            if (_cursor.AtEnd)
                throw new HoconException(array.Origin, "The '[' here is never closed", "Add the missing ']'");
            if (_cursor.Current == ']')
                break;
            array.Elements.Add(BuildSlot(ReadPieces()));
            ReadSeparator(']');
        }

        _cursor.Advance();
        _arrays--;
        _nesting--;
        return array;
    }

    /// <summary>Between two fields or elements stands a line end, one comma, or both; one comma may also stand before the end.</summary>
    private void ReadSeparator(char closing)
    {
        var separated = _cursor.SkipBlank();
        if (_cursor.Current == ',')
        {
            separated = true;
            _cursor.Advance();
            _cursor.SkipBlank();
        }

        if (!separated && !_cursor.AtEnd && _cursor.Current != closing)
        {
            throw Fault(
                $"{_cursor.Describe()} cannot stand here",
                "Put a comma or a line end between values, and quote text that has special characters");
        }
    }

    private void Enter(int levels)
    {
        _nesting += levels;
        if (_nesting > HoconLimits.NestingLevels)
            throw Fault($"Values are nested more than {HoconLimits.NestingLevels} levels deep", "Flatten the document");
    }

    private HoconException Fault(string fault, string advice) => new(_cursor.Origin, fault, advice);
}
