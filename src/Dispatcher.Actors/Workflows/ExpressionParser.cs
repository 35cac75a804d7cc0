using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Dispatcher.Workflows;

/// <summary>
/// Reads one expression by recursive descent. From weak to strong: <c>||</c>, <c>&amp;&amp;</c>, <c>== !=</c>, <c>&lt; &gt; &lt;= &gt;=</c>, <c>!</c>.
/// </summary>
internal sealed class ExpressionParser
{
    private static readonly string[] Roots = ["input", "steps", "item", "item_index", "job", "env"];
    private static readonly string[] Functions = ["default", "if", "len", "set", "artifacts.path"];

    private static readonly (string Symbol, BinaryOperator Operator)[][] Levels =
    [
        [("||", BinaryOperator.Or)],
        [("&&", BinaryOperator.And)],
        [("==", BinaryOperator.Equal), ("!=", BinaryOperator.NotEqual)],
        [("<", BinaryOperator.Less), (">", BinaryOperator.Greater), ("<=", BinaryOperator.LessOrEqual), (">=", BinaryOperator.GreaterOrEqual)],
    ];

    private readonly List<Token> _tokens;
    private int _position;
    private int _depth;

    private ExpressionParser(List<Token> tokens) => _tokens = tokens;

    private Token Current => _tokens[_position];

    /// <param name="text">The inside of <c>${...}</c>.</param>
    /// <param name="origin">Where it begins in the template's text.</param>
    /// <exception cref="ExpressionFaultException">It is not an expression.</exception>
    public static Expression Parse(string text, int origin)
    {
        if (text.Length > WorkflowLimits.ExpressionCharacters)
            throw new ExpressionFaultException(origin,
                $"an expression has at most {WorkflowLimits.ExpressionCharacters} characters, not {text.Length}");
        var parser = new ExpressionParser(new ExpressionLexer(text, origin).Tokens());
        if (parser.Current.Kind == TokenKind.End) throw new ExpressionFaultException(origin, "the expression is empty");
        var expression = parser.Level(0);
        return parser.Current.Kind == TokenKind.End ? expression : throw parser.Unexpected("an operator or the end");
    }

    private Expression Level(int level)
    {
        if (level == Levels.Length) return Unary();
        var left = Level(level + 1);
        while (true)
        {
            var token = Current;
            var match = Levels[level].FirstOrDefault(candidate => token.Is(candidate.Symbol));
            if (match.Symbol is null) return left;
            _position++;
            left = new Expression.Binary(match.Operator, left, Level(level + 1), token.Offset);
        }
    }

    private Expression Unary()
    {
        var token = Current;
        if (!token.Is("!")) return Primary();
        _position++;
        return new Expression.Not(Nested(token, Unary), token.Offset);
    }

    private Expression Primary()
    {
        var token = Current;
        if (token.Is("("))
        {
            _position++;
            var inner = Nested(token, () => Level(0));
            Expect(")");
            return inner;
        }

        _position++;
        switch (token.Kind)
        {
            case TokenKind.Text: return new Expression.Literal(JsonValues.Text(token.Text), token.Offset);
            case TokenKind.Number: return new Expression.Literal(Number(token), token.Offset);
            case TokenKind.Name: return Named(token);
            default:
                _position--;
                throw Unexpected("a value");
        }
    }

    private Expression Named(Token token) => token.Text switch
    {
        "true" => new Expression.Literal(JsonValues.True, token.Offset),
        "false" => new Expression.Literal(JsonValues.False, token.Offset),
        "null" => new Expression.Literal(JsonValues.Null, token.Offset),
        "default" when Current.Is("(") => Call(Function.Default, 2, token),
        "if" when Current.Is("(") => Call(Function.If, 3, token),
        "len" when Current.Is("(") => Call(Function.Length, 1, token),
        "set" when Current.Is("(") => Call(Function.Set, 3, token),
        "artifacts" => Artifacts(token),
        "input" => new Expression.PathTo(PathRoot.Input, null, Segments(), token.Offset),
        "item" => new Expression.PathTo(PathRoot.Item, null, Segments(), token.Offset),
        "env" => new Expression.PathTo(PathRoot.Env, null, Segments(), token.Offset),
        "params" => new Expression.PathTo(PathRoot.Params, null, Segments(), token.Offset),
        "schedule" => new Expression.PathTo(PathRoot.Schedule, null, Segments(), token.Offset),
        "item_index" => Whole(new Expression.PathTo(PathRoot.ItemIndex, null, [], token.Offset)),
        "job" => Whole(new Expression.PathTo(Member(token, "job", ("id", PathRoot.JobIdentifier), ("tenant", PathRoot.JobTenant)), null, [], token.Offset)),
        "steps" => Step(token),
        _ when Current.Is("(") => throw new ExpressionFaultException(token.Offset,
            $"there is no function '{Suggestion.Clip(token.Text)}'{Suggestion.For(token.Text, Functions)}; functions are {string.Join(", ", Functions)}"),
        _ => throw new ExpressionFaultException(token.Offset,
            $"unknown name '{Suggestion.Clip(token.Text)}'{Suggestion.For(token.Text, Roots)}; names are {string.Join(", ", Roots)}, and texts are quoted"),
    };

    private Expression Step(Token token)
    {
        var id = Current.Is(".") ? NameAfterDot() : throw new ExpressionFaultException(Current.Offset, "expected a step's id: steps.ID.output");
        var owner = $"steps.{Suggestion.Clip(id.Text)}";
        var root = Member(token, owner, ("output", PathRoot.StepOutput), ("failed", PathRoot.StepFailed), ("status", PathRoot.StepStatus), ("failure", PathRoot.StepFailure));
        var segments = root is PathRoot.StepOutput or PathRoot.StepFailure ? Segments() : [];
        return Whole(new Expression.PathTo(root, id.Text, segments, id.Offset));
    }

    private PathRoot Member(Token token, string owner, params (string Name, PathRoot Root)[] members)
    {
        var names = members.Select(member => member.Name).ToArray();
        if (!Current.Is("."))
            throw new ExpressionFaultException(token.Offset,
                $"'{owner}' is no value by itself; write {owner}.{string.Join($" or {owner}.", names)}");
        var member = NameAfterDot();
        var found = members.FirstOrDefault(candidate => string.Equals(candidate.Name, member.Text, StringComparison.Ordinal));
        if (found.Name is not null) return found.Root;
        throw new ExpressionFaultException(member.Offset,
            $"{owner} has no '{Suggestion.Clip(member.Text)}'{Suggestion.For(member.Text, names)}; it has {string.Join(", ", names)}");
    }

    /// <summary>These values have no parts of their own.</summary>
    private Expression.PathTo Whole(Expression.PathTo path)
    {
        if (path.Root is PathRoot.StepOutput or PathRoot.StepFailure || !(Current.Is(".") || Current.Is("["))) return path;
        throw new ExpressionFaultException(Current.Offset, $"{path} has no parts");
    }

    private Expression Artifacts(Token token)
    {
        if (!Current.Is("."))
            throw new ExpressionFaultException(token.Offset, "'artifacts' is no value by itself; write artifacts.path('...')");
        var member = NameAfterDot();
        if (!string.Equals(member.Text, "path", StringComparison.Ordinal) || !Current.Is("("))
            throw new ExpressionFaultException(member.Offset, "artifacts has only the function artifacts.path('...')");
        return Call(Function.ArtifactPath, 1, token);
    }

    private Expression.Call Call(Function function, int arity, Token token)
    {
        Expect("(");
        var arguments = ImmutableArray.CreateBuilder<Expression>();
        while (!Current.Is(")"))
        {
            if (arguments.Count > 0) Expect(",");
            arguments.Add(Nested(token, () => Level(0)));
        }

        _position++;
        if (arguments.Count == arity) return new Expression.Call(function, arguments.ToImmutable(), token.Offset);
        throw new ExpressionFaultException(token.Offset,
            $"{Expression.NameOf(function)} takes {(arity == 1 ? "1 argument" : $"{arity} arguments")}, not {arguments.Count}");
    }

    private ImmutableArray<PathSegment> Segments()
    {
        var segments = ImmutableArray.CreateBuilder<PathSegment>();
        while (true)
        {
            if (Current.Is("."))
            {
                var name = NameAfterDot();
                segments.Add(new PathSegment(name.Text, -1, name.Offset));
            }
            else if (Current.Is("["))
            {
                _position++;
                var key = Current;
                _position++;
                if (key.Kind == TokenKind.Text) segments.Add(new PathSegment(key.Text, -1, key.Offset));
                else if (key.Kind == TokenKind.Number && int.TryParse(key.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                    segments.Add(new PathSegment(null, index, key.Offset));
                else throw new ExpressionFaultException(key.Offset, $"expected an index from 0 or a quoted key in [ ], not {key}");
                Expect("]");
            }
            else
            {
                return segments.ToImmutable();
            }
        }
    }

    private Token NameAfterDot()
    {
        _position++;
        if (Current.Kind != TokenKind.Name) throw Unexpected("a name after '.'");
        return _tokens[_position++];
    }

    private static JsonElement Number(Token token)
    {
        try
        {
            var number = JsonElement.Parse(token.Text);
            if (number.ValueKind == JsonValueKind.Number && double.IsFinite(number.GetDouble())) return number;
        }
        catch (JsonException)
        {
            // Said below, with the place.
        }

        throw new ExpressionFaultException(token.Offset, $"{token} is not a number");
    }

    private Expression Nested(Token token, Func<Expression> parse)
    {
        if (++_depth > WorkflowLimits.ExpressionNesting)
            throw new ExpressionFaultException(token.Offset, $"expressions nest at most {WorkflowLimits.ExpressionNesting} deep");
        var expression = parse();
        _depth--;
        return expression;
    }

    private void Expect(string symbol)
    {
        if (!Current.Is(symbol)) throw Unexpected($"'{symbol}'");
        _position++;
    }

    private ExpressionFaultException Unexpected(string expected) => new(Current.Offset, $"expected {expected}, not {Current}");
}
