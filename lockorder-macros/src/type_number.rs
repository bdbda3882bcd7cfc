//! Type-level numbers in normal form.
//!
//! `typenum` names numbers to 1024 only, and larger ranks exist. A number is its binary digits,
//! `UInt<UInt<UTerm, B1>, B0>` for 2; no leading zero digit, or comparisons go wrong.

use proc_macro2::TokenStream;
use quote::quote;

/// The type of `number`.
pub(crate) fn type_number(library: &TokenStream, number: u16) -> TokenStream {
    let mut digits = quote!(#library::__private::typenum::UTerm);
    for position in (0..u16::BITS - number.leading_zeros()).rev() {
        let digit = if number >> position & 1 == 1 { quote!(B1) } else { quote!(B0) };
        digits = quote! {
            #library::__private::typenum::UInt<#digits, #library::__private::typenum::#digit>
        };
    }
    digits
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::type_number;

    /// The binary digits that the type spells.
    fn digits(number: u16) -> String {
        type_number(&quote!(::lockorder), number)
            .to_string()
            .split_whitespace()
            .filter_map(|word| match word {
                "B0" => Some('0'),
                "B1" => Some('1'),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn numbers_are_spelled_in_normal_form() {
        assert_eq!(digits(0), "");
        for number in [1, 2, 3, 160, 2563, 1024, 5183, u16::MAX] {
            assert_eq!(digits(number), format!("{number:b}"));
        }
    }
}
