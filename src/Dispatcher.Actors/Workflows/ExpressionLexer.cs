using System.Text;

namespace Dispatcher.Workflows;

internal enum TokenKind
{
    Name,
    Number,
    Text,
    Symbol,
    End,
}

/// <param name="Kind">What it is.</param>
/// <param name="Text">The name, the digits, the text without quotes and escapes, or the symbol.</param>
/// <param name="Offset">Where it begins in the template's text.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Offset)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && string.Equals(Text, symbol, StringComparison.Ordinal);

    public override string ToString() => Kind == TokenKind.End ? "the end of the expression" : $"'{Suggestion.Clip(Text)}'";
}

/// <summary>Cuts an expression into tokens.</summary>
internal sealed class ExpressionLexer(string text, int origin)
{
    private static readonly string[] Symbols = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ",", "."];
    private int _position;

    /// <summary>Names may have dashes, as step ids have; the language has no minus.</summary>
    public static bool IsName(string text) => text.Length > 0 && IsNameStart(text[0]) && text.All(IsNamePart);

    public List<Token> Tokens()
    {
        var tokens = new List<Token>();
        while (true)
        {
            while (_position < text.Length && char.IsWhiteSpace(text[_position])) _position++;
            tokens.Add(Next());
            if (tokens[^1].Kind == TokenKind.End) return tokens;
        }
    }

    private Token Next()
    {
        if (_position == text.Length) return new Token(TokenKind.End, "", origin + _position);
        var c = text[_position];
        if (IsNameStart(c)) return Run(TokenKind.Name, IsNamePart);
        if (char.IsAsciiDigit(c) || c == '-') return Number();
        if (c is '\'' or '"') return Quoted(c);
        foreach (var symbol in Symbols)
        {
            if (string.CompareOrdinal(text, _position, symbol, 0, symbol.Length) != 0) continue;
            _position += symbol.Length;
            return new Token(TokenKind.Symbol, symbol, origin + _position - symbol.Length);
        }

        var hint = c switch
        {
            '=' => "; write == to compare",
            '&' => "; write &&",
            '|' => "; write ||",
            '+' or '*' or '/' or '%' => "; there is no arithmetic",
            '$' or '{' => "; expressions do not nest in expressions",
            _ => "",
        };
        throw new ExpressionFaultException(origin + _position, $"unexpected character '{c}'{hint}");
    }

    private Token Run(TokenKind kind, Func<char, bool> belongs)
    {
        var start = _position;
        while (_position < text.Length && belongs(text[_position])) _position++;
        return new Token(kind, text[start.._position], origin + start);
    }

    private Token Number()
    {
        var start = _position;
        if (text[_position] == '-') _position++;
        var token = Run(TokenKind.Number, c => char.IsAsciiLetterOrDigit(c) || c == '.');
        if (text[_position - 1] is 'e' or 'E' && _position < text.Length && text[_position] is '+' or '-')
        {
            _position++;
            token = Run(TokenKind.Number, char.IsAsciiDigit);
        }

        return token with { Text = text[start.._position], Offset = origin + start };
    }

    private Token Quoted(char quote)
    {
        var start = _position++;
        var value = new StringBuilder();
        while (_position < text.Length)
        {
            var c = text[_position++];
            if (c == quote) return new Token(TokenKind.Text, value.ToString(), origin + start);
            value.Append(c == '\\' ? Escaped() : c);
        }

        throw new ExpressionFaultException(origin + start, $"the text that starts here is not closed with {quote}");
    }

    private char Escaped()
    {
        var c = _position < text.Length ? text[_position++] : '\0';
        return c switch
        {
            '\'' or '"' or '\\' => c,
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => throw new ExpressionFaultException(origin + _position - 1, "unknown escape; there are \\' \\\" \\\\ \\n \\r \\t"),
        };
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';

    private static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-';
}
