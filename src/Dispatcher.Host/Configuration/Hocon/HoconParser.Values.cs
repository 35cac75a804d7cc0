namespace Dispatcher.Host.Configuration.Hocon;

/// <summary>Values: one piece, or several side by side on a line, which concatenate.</summary>
internal sealed partial class HoconParser
{
    private List<HoconNode> ReadPieces()
    {
        var pieces = new List<HoconNode>();
        while (true)
        {
            var origin = _cursor.Origin;
            var space = _cursor.SkipSpaces();
            if (_cursor.AtEnd || _cursor.Current is '\n' or ',' or '}' or ']' || _cursor.AtComment)
                break;
            if (pieces.Count > 0 && space.Length > 0)
                pieces.Add(new ScalarNode(new HoconScalar(space, HoconScalarKind.String, origin)) { IsSeparator = true });
            pieces.Add(ReadPiece());
        }

        if (pieces.Count == 0)
        {
            throw Fault(
                $"A value was expected and {_cursor.Describe()} was found",
                "Write a value, \"\" for empty text, or remove the key");
        }

        return pieces;
    }

    private HoconNode ReadPiece()
    {
        var origin = _cursor.Origin;
        switch (_cursor.Current)
        {
            case '{':
                return ReadObject();
            case '[':
                return ReadArray();
            case '"':
                return new ScalarNode(new HoconScalar(HoconText.ReadString(_cursor), HoconScalarKind.String, origin));
            case '$':
                return ReadSubstitution();
        }

        if (!_cursor.AtUnquoted)
            throw Fault($"{_cursor.Describe()} cannot stand in an unquoted value", "Put the whole value in double quotes");
        var text = HoconText.ReadUnquoted(_cursor);
        return new ScalarNode(new HoconScalar(text, HoconText.KindOf(text), origin));
    }

    private SubstitutionNode ReadSubstitution()
    {
        var origin = _cursor.Origin;
        if (!_cursor.StartsWith("${"))
            throw Fault("A '$' stands alone", "Write ${path} for a substitution, or quote the text");
        _cursor.Advance(2);
        var optional = _cursor.Current == '?';
        if (optional)
            _cursor.Advance();
        var path = HoconText.ReadPath(_cursor);
        if (_cursor.Current != '}')
        {
            throw Fault(
                $"{_cursor.Describe()} cannot stand in a substitution",
                "Write ${path} or ${?path} on one line, special characters of the path in quotes");
        }

        _cursor.Advance();
        if (path.Count + _prefix.Count > HoconLimits.NestingLevels)
            throw new HoconException(origin, $"The path has more than {HoconLimits.NestingLevels} keys", "Shorten it");
        return new SubstitutionNode([.. _prefix, .. path], _prefix.Count, optional, origin);
    }

    /// <summary>
    /// Turns pieces into contributions. Pieces with an object literal among them can only be a merge, and a merge is what a slot
    /// does with contributions that follow each other; taking them apart lets <c>${base} { a = 1 }</c> give out <c>a</c> while
    /// <c>${base}</c> is still being evaluated.
    /// </summary>
    private static List<Contribution> BuildSlot(List<HoconNode> pieces)
    {
        if (pieces.Count == 1)
            return [new Contribution(pieces[0])];

        var values = pieces.Where(piece => piece is not ScalarNode { IsSeparator: true }).ToList();
        var firstObject = values.Find(piece => piece is ObjectNode);
        var firstArray = values.Find(piece => piece is ArrayNode);
        var firstText = values.Find(piece => piece is ScalarNode);
        if (firstObject is not null && (firstArray ?? firstText) is { } other)
            throw CannotJoin(other, "an object");
        if (firstArray is not null && firstText is not null)
            throw CannotJoin(firstText, "a list");

        if (firstObject is not null)
        {
            var group = new object();
            return values.ConvertAll(piece => new Contribution(piece, group));
        }

        if (pieces.TrueForAll(piece => piece is ScalarNode))
        {
            var text = string.Concat(pieces.Select(piece => ((ScalarNode)piece).Value.Text));
            return [new Contribution(new ScalarNode(new HoconScalar(text, HoconScalarKind.String, pieces[0].Origin)))];
        }

        return [new Contribution(new ConcatenationNode(pieces, pieces[0].Origin))];
    }

    private static HoconException CannotJoin(HoconNode piece, string kind) =>
        new(piece.Origin, $"This stands on one line with {kind} and cannot be joined with it", "Put a comma or a line end between them");
}
