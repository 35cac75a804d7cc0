using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Dispatcher.Workflows;

internal enum PathRoot
{
    Input,
    StepOutput,
    StepFailed,
    StepStatus,
    StepFailure,
    Item,
    ItemIndex,
    JobIdentifier,
    JobTenant,
    Env,

    /// <summary>In a pattern only.</summary>
    Params,

    /// <summary>In what a schedule gives to its jobs only.</summary>
    Schedule,
}

internal enum BinaryOperator
{
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
}

internal enum Function
{
    Default,
    Length,
    If,
    Set,
    ArtifactPath,
}

/// <summary>One step of a path: a property's name, or an index.</summary>
internal readonly record struct PathSegment(string? Name, int Index, int Offset)
{
    public override string ToString() =>
        Name is null ? string.Create(CultureInfo.InvariantCulture, $"[{Index}]") : ExpressionLexer.IsName(Name) ? "." + Name : $"[{Expression.Quote(Name)}]";
}

/// <summary>
/// The tree of one <c>${...}</c>. Each node knows its offset in the template's text, for errors. <see cref="ToString"/> prints the
/// expression with the fewest parentheses, so that it reads back as the same tree.
/// </summary>
internal abstract record Expression(int Offset)
{
    private const int UnaryPrecedence = 5;

    public sealed record Literal(JsonElement Value, int Offset) : Expression(Offset)
    {
        /// <summary>True: stands for an expression that could not be read, so nothing more is to be said about it.</summary>
        public bool IsPlaceholder { get; init; }

        public override string ToString() => Value.ValueKind == JsonValueKind.String ? Quote(Value.GetString()!) : Value.GetRawText();
    }

    /// <param name="Root">What the path starts at.</param>
    /// <param name="StepId">The step, if it starts at one.</param>
    /// <param name="Segments">What follows the root.</param>
    public sealed record PathTo(PathRoot Root, string? StepId, ImmutableArray<PathSegment> Segments, int Offset) : Expression(Offset)
    {
        public override string ToString() => Prefix(Segments.Length);

        /// <summary>The path's text up to a segment.</summary>
        public string Prefix(int segments) => RootText + string.Concat(Segments.Take(segments).Select(segment => segment.ToString()));

        private string RootText => Root switch
        {
            PathRoot.StepOutput => $"steps.{StepId}.output",
            PathRoot.StepFailed => $"steps.{StepId}.failed",
            PathRoot.StepStatus => $"steps.{StepId}.status",
            PathRoot.StepFailure => $"steps.{StepId}.failure",
            PathRoot.ItemIndex => "item_index",
            PathRoot.JobIdentifier => "job.id",
            PathRoot.JobTenant => "job.tenant",
            _ => Root.ToString().ToLowerInvariant(),
        };
    }

    public sealed record Not(Expression Operand, int Offset) : Expression(Offset)
    {
        public override string ToString() => "!" + Within(Operand, UnaryPrecedence);
    }

    public sealed record Binary(BinaryOperator Operator, Expression Left, Expression Right, int Offset) : Expression(Offset)
    {
        public override string ToString()
        {
            var precedence = PrecedenceOf(this);
            return $"{Within(Left, precedence)} {TextOf(Operator)} {Within(Right, precedence + 1)}";
        }
    }

    public sealed record Call(Function Function, ImmutableArray<Expression> Arguments, int Offset) : Expression(Offset)
    {
        public override string ToString() => $"{NameOf(Function)}({string.Join(", ", Arguments)})";
    }

    /// <summary>The type that the value has whatever the scope; null if it depends on it. True stands for both booleans.</summary>
    public JsonValueKind? StaticKind => this switch
    {
        Literal { IsPlaceholder: true } => null,
        Literal { Value.ValueKind: JsonValueKind.False } => JsonValueKind.True,
        Literal literal => literal.Value.ValueKind,
        Not or Binary => JsonValueKind.True,
        Call { Function: Function.Length } => JsonValueKind.Number,
        Call { Function: Function.ArtifactPath } => JsonValueKind.String,
        PathTo { Root: PathRoot.StepFailed or PathRoot.ItemIndex } => JsonValueKind.Number,
        PathTo { Root: PathRoot.StepStatus or PathRoot.JobIdentifier or PathRoot.JobTenant } => JsonValueKind.String,
        _ => null,
    };

    public static string NameOf(Function function) => function switch
    {
        Function.Default => "default",
        Function.Length => "len",
        Function.If => "if",
        Function.Set => "set",
        _ => "artifacts.path",
    };

    public static string TextOf(BinaryOperator @operator) => @operator switch
    {
        BinaryOperator.Or => "||",
        BinaryOperator.And => "&&",
        BinaryOperator.Equal => "==",
        BinaryOperator.NotEqual => "!=",
        BinaryOperator.Less => "<",
        BinaryOperator.Greater => ">",
        BinaryOperator.LessOrEqual => "<=",
        _ => ">=",
    };

    public static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (var c in text)
        {
            _ = c switch
            {
                '\'' or '\\' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('\'').ToString();
    }

    private static string Within(Expression operand, int precedence) => PrecedenceOf(operand) < precedence ? $"({operand})" : operand.ToString()!;

    private static int PrecedenceOf(Expression expression) => expression switch
    {
        Binary { Operator: BinaryOperator.Or } => 1,
        Binary { Operator: BinaryOperator.And } => 2,
        Binary { Operator: BinaryOperator.Equal or BinaryOperator.NotEqual } => 3,
        Binary => 4,
        Not => UnaryPrecedence,
        _ => UnaryPrecedence + 1,
    };
}

/// <summary>An expression cannot be read or has no value; the template adds the field.</summary>
/// <param name="offset">In the template's text, counted from 0.</param>
/// <param name="isMissing">True if a path leads nowhere: what <c>default</c> forgives.</param>
internal sealed class ExpressionFaultException(int offset, string reason, bool isMissing = false) : Exception(reason)
{
    public int Offset { get; } = offset;

    public bool IsMissing { get; } = isMissing;
}
